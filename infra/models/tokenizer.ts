import { createHash } from 'node:crypto';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';
import type { ChatMessage, Tokenizer } from '../../src/core/tokenizer.js';
import { type AddedToken, createSectionSplitter } from './added-tokens.js';
import { bytesOfToken } from './byte-alphabet.js';
import { BytePairMerges } from './byte-pair-merges.js';
import { type ChatTemplate, compileChatTemplate } from './chat-template.js';
import { createPreTokenizer } from './pre-tokenizer.js';
import type { TokenizerJson } from './tokenizer-json.js';

/** What a tokenizer is made of, read from a model's folder. */
export interface TokenizerParts {
  readonly json: TokenizerJson;
  /** Named in errors. */
  readonly path: string;
  readonly endTokenIds: readonly number[];
  /** Begins every plain text. */
  readonly beginTokenId: number | undefined;
  readonly beginToken: string | undefined;
  readonly endToken: string | undefined;
  readonly chatTemplate: string | undefined;
}

/** Byte-level BPE as in tokenizer.json. Throws ModelFormatError for what it cannot do exactly. */
export function createTokenizer(parts: TokenizerParts): Tokenizer {
  const { json, path } = parts;
  const names = tokenNames(json, path);
  const added = new Map(json.added_tokens.map((token) => [token.id, token]));
  const special = new Set(json.added_tokens.filter((token) => token.special).map((token) => token.id));
  for (const id of [...parts.endTokenIds, ...(parts.beginTokenId === undefined ? [] : [parts.beginTokenId])])
    if (names[id] === undefined)
      throw new ModelFormatError(path, `token ${id} is named in the configuration only`);
  const mergeNames = json.model.merges.map((merge, i) => splitMerge(merge, i, path));
  const merges = compileMerges(json, names, added, mergeNames, path);
  const preTokenize = compilePreTokenizer(json, path);
  const split = createSectionSplitter(json.added_tokens);

  /** Without a begin token. */
  const encodeText = (text: string, mayBeControl: (start: number, end: number) => boolean): number[] => {
    const ids: number[] = [];
    for (const section of split(text, mayBeControl)) {
      if (typeof section !== 'string') ids.push(section.id);
      else for (const piece of preTokenize(section)) for (const id of merges.encode(piece)) ids.push(id);
    }
    return ids;
  };
  const begin = parts.beginTokenId;
  const template = compileTemplate(parts);
  return {
    vocabularySize: names.length,
    hash: hashTokens(names, mergeNames),
    endTokenIds: parts.endTokenIds,
    specialTokenIds: special,
    encode: (text, options) => {
      const ids = encodeText(text, () => options?.special ?? false);
      if (begin !== undefined && ids[0] !== begin) ids.unshift(begin);
      return ids;
    },
    tokenBytes: (id) => tokenBytes(names, added, id),
    tokenName: (id) => names[id],
    ...(template === undefined
      ? {}
      : {
          encodeChat: (messages: readonly ChatMessage[]) => {
            const { text, fromContent } = template(messages);
            return encodeText(text, (start, end) => !fromContent.subarray(start, end).includes(1));
          },
        }),
  };
}

/** Token of each id; undefined where there is none. */
function tokenNames(json: TokenizerJson, path: string): (string | undefined)[] {
  const given = Object.entries(json.model.vocab);
  for (const { id, content } of json.added_tokens) given.push([content, id]);
  const length = given.reduce((most, [, id]) => Math.max(most, id + 1), 0);
  if (length === 0 || length > 4 * given.length)
    throw new ModelFormatError(path, `model.vocab: ${given.length} tokens have ids up to ${length - 1}`);
  const names = new Array<string | undefined>(length).fill(undefined);
  for (const [token, id] of given) {
    const other = names[id];
    if (other !== undefined && other !== token)
      throw new ModelFormatError(
        path,
        `id ${id} belongs to ${JSON.stringify(other)} and ${JSON.stringify(token)}`,
      );
    names[id] = token;
  }
  return names;
}

function compileMerges(
  json: TokenizerJson,
  names: readonly (string | undefined)[],
  added: ReadonlyMap<number, unknown>,
  mergeNames: readonly (readonly [string, string])[],
  path: string,
): BytePairMerges {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(json.model.vocab)) {
    if (added.has(id)) continue;
    if (bytesOfToken(token) === undefined)
      throw new ModelFormatError(path, `token ${id} (${JSON.stringify(token)}) is not written in bytes`);
    vocabulary.set(token, id);
  }
  const merges = new BytePairMerges(vocabulary, json.model.ignore_merges ?? false, names.length);
  mergeNames.forEach(([left, right], i) => {
    if (!merges.add(left, right))
      throw new ModelFormatError(
        path,
        `model.merges.${i}: ${JSON.stringify(`${left} ${right}`)} makes no token`,
      );
  });
  return merges;
}

function splitMerge(
  merge: string | [string, string],
  index: number,
  path: string,
): readonly [string, string] {
  if (typeof merge !== 'string') return merge;
  const space = merge.indexOf(' ', 1);
  if (space < 0)
    throw new ModelFormatError(path, `model.merges.${index}: ${JSON.stringify(merge)} is no pair`);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function compilePreTokenizer(json: TokenizerJson, path: string): (text: string) => string[] {
  const steps =
    json.pre_tokenizer.type === 'Sequence' ? json.pre_tokenizer.pretokenizers : [json.pre_tokenizer];
  if (steps.at(-1)?.type !== 'ByteLevel' || steps.filter((step) => step.type === 'ByteLevel').length !== 1)
    throw new ModelFormatError(path, 'pre_tokenizer: must end in ByteLevel');
  try {
    return createPreTokenizer(json);
  } catch (error) {
    throw new ModelFormatError(path, `pre_tokenizer: ${errorMessage(error)}`, { cause: error });
  }
}

function compileTemplate(parts: TokenizerParts): ChatTemplate | undefined {
  if (parts.chatTemplate === undefined) return undefined;
  try {
    return compileChatTemplate(parts.chatTemplate, {
      begin: parts.beginToken,
      end: parts.endToken,
      control: parts.json.added_tokens.filter(({ special }) => special).map(({ content }) => content),
    });
  } catch (error) {
    const problem = errorMessage(error).replaceAll('\n', ' ');
    throw new ModelFormatError(parts.path, `chat template: ${problem}`, { cause: error });
  }
}

function tokenBytes(
  names: readonly (string | undefined)[],
  added: ReadonlyMap<number, AddedToken>,
  id: number,
): Uint8Array {
  const name = names[id];
  // Models may have more rows than tokens: nothing can be said for the rest.
  if (name === undefined) return new Uint8Array(0);
  return (added.has(id) ? undefined : bytesOfToken(name)) ?? new TextEncoder().encode(name);
}

function hashTokens(
  names: readonly (string | undefined)[],
  merges: readonly (readonly [string, string])[],
): string {
  const hash = createHash('sha256');
  names.forEach((name, id) => {
    hash.update(JSON.stringify([id, name ?? null]));
  });
  for (const merge of merges) hash.update(JSON.stringify(merge));
  return hash.digest('hex');
}
