import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ModelFormatError, ModelNotFoundError } from '../../src/core/errors.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import type { VocabularyRows } from '../onnx/vocabulary-rows.js';
import { needsImport, requireGraph } from './find-graph.js';
import { incompleteness } from './imported-folder.js';
import { readJsonFile } from './json-file.js';
import { importCheckpoint } from './model-import.js';
import { knownNames, listModels, type ModelStoreSettings, namedModelFolder } from './model-store.js';
import { openTokenizer, type TokenizerSource } from './tokenizer-source.js';
import { readVocabularyRows } from './vocabulary-rows-file.js';

/** What config.json says, as far as it is needed to run the model. */
export interface ModelFolderConfig {
  /** `llama`, `qwen2`, ... */
  readonly modelType: string;
  /** Rows of the logits: at least the tokenizer's ids, but for a drafter that knows only some. */
  readonly vocabularySize: number;
  readonly contextTokens: number;
}

export interface OnnxModelFolder {
  readonly kind: 'onnx';
  /** As the user gave it. */
  readonly name: string;
  readonly folder: string;
  readonly modelPath: string;
  readonly config: ModelFolderConfig;
  readonly tokenizer: TokenizerSource;
  /** Of a drafter that knows only some of the tokenizer's ids. */
  readonly rows: VocabularyRows | undefined;
  /** Reads and checks the tokenizer's files: up to a second for a large vocabulary. Throws ModelFormatError. */
  loadTokenizer(): Tokenizer;
}

export type ResolvedModel =
  | OnnxModelFolder
  | { readonly kind: 'sim'; readonly name: string }
  | { readonly kind: 'ngram'; readonly name: string };

/**
 * Finds out what a user means by a model's name: `ngram`, `sim:...`, a name (see listModels; downloaded when it
 * is not here), a .gguf file or a folder with safetensors (imported when it was not), or a model folder.
 * Throws ModelNotFoundError, ModelFormatError or DownloadError.
 */
export async function resolveModel(name: string, settings: ModelStoreSettings): Promise<ResolvedModel> {
  if (name === 'ngram') return { kind: 'ngram', name };
  if (name.startsWith('sim:')) return { kind: 'sim', name };
  if (listModels(settings).some((model) => model.name === name))
    return openModelFolder(name, await namedModelFolder(name, settings));
  const path = resolve(name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() && needsImport(path))
    return openModelFolder(name, (await importCheckpoint(path, settings)).folder);
  if (found?.isDirectory()) return openModelFolder(name, path);
  if (found === undefined)
    throw new ModelNotFoundError(name, `there is no such file or folder; ${knownNames(settings)}`);
  if (!path.endsWith('.gguf'))
    throw new ModelFormatError(path, 'is no model: must be a .gguf file or a folder');
  return openModelFolder(name, (await importCheckpoint(path, settings)).folder);
}

const size = z.int().min(1).max(1_000_000_000);
const configSchema = z.looseObject({
  model_type: z.string(),
  vocab_size: size,
  max_position_embeddings: size.optional(),
  n_positions: size.optional(),
});

/** Checks a model's folder. Throws ModelFormatError naming the file and what is wrong with it. */
export function openModelFolder(name: string, folder: string): OnnxModelFolder {
  const modelPath = requireGraph(folder);
  if (statSync(modelPath).size === 0) throw new ModelFormatError(modelPath, 'is empty');
  const damage = incompleteness(folder);
  if (damage !== undefined) throw new ModelFormatError(folder, `is damaged: ${damage}`);
  const configPath = join(folder, 'config.json');
  const json = readJsonFile(configPath, configSchema);
  if (json === undefined) throw new ModelFormatError(configPath, 'is missing');
  const contextTokens = json.max_position_embeddings ?? json.n_positions;
  if (contextTokens === undefined)
    throw new ModelFormatError(configPath, 'max_position_embeddings: is missing');
  const config = { modelType: json.model_type, vocabularySize: json.vocab_size, contextTokens };
  const rows = readVocabularyRows(folder, config.vocabularySize);
  const vocabularySize = rows?.vocabularySize ?? config.vocabularySize;
  const tokenizer: TokenizerSource = { kind: 'folder', folder, vocabularySize };
  return {
    kind: 'onnx',
    name,
    folder,
    modelPath,
    config,
    tokenizer,
    rows,
    loadTokenizer: () => openTokenizer(tokenizer),
  };
}
