import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { readJsonFile } from './json-file.js';
import { createTokenizer } from './tokenizer.js';
import {
  configuredToken,
  endTokenConfigSchema,
  type TokenizerConfig,
  type TokenizerJson,
  tokenizerConfigSchema,
  tokenizerJsonSchema,
} from './tokenizer-json.js';

/**
 * Loads the tokenizer of a model's folder: tokenizer.json, and where there are tokenizer_config.json,
 * generation_config.json, config.json and chat_template.jinja. Throws ModelFormatError naming file and field, also
 * when it has more tokens than the model's `vocab_size`.
 */
export function loadTokenizer(folder: string, vocabularySize = Number.POSITIVE_INFINITY): Tokenizer {
  const path = join(folder, 'tokenizer.json');
  const json = readJsonFile(path, tokenizerJsonSchema);
  if (json === undefined) throw new ModelFormatError(path, 'is missing');
  const config = readJsonFile(join(folder, 'tokenizer_config.json'), tokenizerConfigSchema) ?? {};
  const beginToken = configuredToken(config.bos_token);
  const endToken = configuredToken(config.eos_token);
  const tokenizer = createTokenizer({
    json,
    path,
    endTokenIds: readEndTokens(folder, idOf(json, endToken)),
    beginTokenId: beginTokenId(json, config, beginToken),
    beginToken,
    endToken,
    chatTemplate: readChatTemplate(folder, config),
  });
  if (tokenizer.vocabularySize > vocabularySize)
    throw new ModelFormatError(
      path,
      `has ids up to ${tokenizer.vocabularySize - 1}, but vocab_size in config.json is ${vocabularySize}`,
    );
  return tokenizer;
}

function readEndTokens(folder: string, configured: number | undefined): number[] {
  for (const name of ['generation_config.json', 'config.json']) {
    const ids = readJsonFile(join(folder, name), endTokenConfigSchema)?.eos_token_id ?? undefined;
    if (ids !== undefined) return typeof ids === 'number' ? [ids] : ids;
  }
  return configured === undefined ? [] : [configured];
}

/** Begins every text when the configuration says so, else when the post-processor puts a special token in front. */
function beginTokenId(
  json: TokenizerJson,
  config: TokenizerConfig,
  beginToken: string | undefined,
): number | undefined {
  const add = config.add_bos_token ?? undefined;
  if (add !== undefined) return add ? idOf(json, beginToken) : undefined;
  const { post_processor: processor } = json;
  const template = processor?.processors?.find(({ single }) => single !== undefined) ?? processor;
  const first = template?.single?.[0]?.SpecialToken?.id;
  return typeof first === 'string' ? idOf(json, first) : undefined;
}

function idOf(json: TokenizerJson, token: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  return json.added_tokens.find(({ content }) => content === token)?.id ?? json.model.vocab[token];
}

function readChatTemplate(folder: string, config: TokenizerConfig): string | undefined {
  try {
    return readFileSync(join(folder, 'chat_template.jinja'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new ModelFormatError(join(folder, 'chat_template.jinja'), errorMessage(error), { cause: error });
  }
  const template = config.chat_template ?? undefined;
  if (template === undefined || typeof template === 'string') return template;
  return template.find(({ name }) => name === 'default')?.template;
}
