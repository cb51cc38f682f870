import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { DecoderConfig } from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import { buildDecoderModel, GRAPH_BUILDER_VERSION } from '../onnx/graph/build-decoder-model.js';
import { cacheLayout, ownTemporaryPath, removeLeftovers } from './cache-layout.js';
import { hashFileOnce } from './file-hash.js';
import { type GgufFile, openGguf } from './gguf-reader.js';
import { type GgufTokenizerFiles, ggufTokenizerFiles } from './gguf-tokenizer.js';
import { readJsonFile } from './json-file.js';
import type { OnModelProgress } from './progress.js';

/** Rises whenever the same source gives other files; with the graph builder's version the cache's key. */
const IMPORTER_VERSION = '1';
const MANIFEST = 'manifest.json';

const manifestSchema = z.object({
  sourceSha256: z.string(),
  sourceName: z.string(),
  importerVersion: z.string(),
  /** Name -> bytes. */
  files: z.record(z.string(), z.int().min(0)),
});

export interface ImportOptions {
  readonly cacheFolder: string;
  readonly onProgress?: OnModelProgress | undefined;
}

/**
 * Makes a model folder from a GGUF file, once per source and importer version; returns the folder. Several
 * processes may do so at the same time: each works in a folder of its own, and the first to finish wins.
 * Throws ModelNotFoundError or ModelFormatError.
 */
export async function importGguf(path: string, options: ImportOptions): Promise<string> {
  const source = openGguf(path);
  try {
    const files = ggufTokenizerFiles(source.metadata, path);
    const sha256 = await hashFileOnce(path, options.cacheFolder, options.onProgress);
    const folder = importedFolder(options.cacheFolder, sha256);
    if (!isComplete(folder)) await build(source, files, sha256, folder, options);
    return folder;
  } finally {
    source.close();
  }
}

/** Where the import of a source lies or would lie. */
export function importedFolder(cacheFolder: string, sourceSha256: string): string {
  const version = `${IMPORTER_VERSION}.${GRAPH_BUILDER_VERSION}`;
  return join(cacheLayout(cacheFolder).imported, `${sourceSha256.slice(0, 32)}-${version}`);
}

/** Whether every file of an imported folder is there with its length. */
export function isComplete(folder: string): boolean {
  return incompleteness(folder) === undefined && existsSync(join(folder, MANIFEST));
}

/** What is wrong with a folder that has a manifest, for a person; undefined: nothing, or no manifest. */
export function incompleteness(folder: string): string | undefined {
  let files: Record<string, number>;
  try {
    files = readJsonFile(join(folder, MANIFEST), manifestSchema)?.files ?? {};
  } catch (error) {
    return error instanceof ModelFormatError ? error.message : String(error);
  }
  for (const [name, bytes] of Object.entries(files)) {
    const there = statSync(join(folder, name), { throwIfNoEntry: false })?.size;
    if (there === undefined) return `${join(folder, name)}: is missing`;
    if (there !== bytes) return `${join(folder, name)}: is ${there} bytes long, but must be ${bytes}`;
  }
  return undefined;
}

async function build(
  source: GgufFile,
  files: GgufTokenizerFiles,
  sourceSha256: string,
  folder: string,
  { cacheFolder, onProgress }: ImportOptions,
): Promise<void> {
  const { imported, partial } = cacheLayout(cacheFolder);
  for (const needed of [imported, partial]) mkdirSync(needed, { recursive: true });
  removeLeftovers(partial);
  const temporary = ownTemporaryPath(partial);
  mkdirSync(temporary);
  try {
    const totalBytes = statSync(source.path).size;
    await buildDecoderModel(source.checkpoint(sourceSha256), join(temporary, 'model.onnx'), {
      onProgress: (share) =>
        onProgress?.({ step: 'import', doneBytes: Math.round(share * totalBytes), totalBytes }),
    });
    const writeJson = (name: string, value: object): void =>
      writeFileSync(join(temporary, name), `${JSON.stringify(value, undefined, 2)}\n`);
    writeFileSync(join(temporary, 'tokenizer.json'), JSON.stringify(files.tokenizer));
    writeJson('tokenizer_config.json', files.tokenizerConfig);
    writeJson('generation_config.json', files.generationConfig);
    writeJson('config.json', configJson(source.config, files.generationConfig));
    if (files.chatTemplate !== undefined)
      writeFileSync(join(temporary, 'chat_template.jinja'), files.chatTemplate);
    writeJson(MANIFEST, {
      sourceSha256,
      sourceName: basename(source.path),
      importerVersion: `${IMPORTER_VERSION}.${GRAPH_BUILDER_VERSION}`,
      files: Object.fromEntries(
        readdirSync(temporary).map((name) => [name, statSync(join(temporary, name)).size]),
      ),
    } satisfies z.infer<typeof manifestSchema>);
    moveIntoPlace(temporary, folder);
  } catch (error) {
    // The user knows the source, not the file that was being made of it.
    if (!(error instanceof ModelFormatError)) throw error;
    throw new ModelFormatError(source.path, error.message.slice(error.where.length + 2), { cause: error });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Another process may have put its own result there, which is as good; a damaged one is replaced. */
function moveIntoPlace(temporary: string, folder: string): void {
  for (let attempt = 0; !isComplete(folder); attempt++) {
    try {
      renameSync(temporary, folder);
    } catch (error) {
      if (attempt === 3) throw error;
      if (existsSync(folder) && !isComplete(folder)) {
        const aside = `${temporary}.damaged`;
        try {
          renameSync(folder, aside);
        } catch {
          continue;
        }
        rmSync(aside, { recursive: true, force: true });
      }
    }
  }
}

/** config.json as Hugging Face writes it for a Llama. */
function configJson(config: DecoderConfig, generation: GgufTokenizerFiles['generationConfig']): object {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: config.architecture,
    hidden_act: 'silu',
    hidden_size: config.width,
    intermediate_size: config.feedForwardWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.contextTokens,
    rope_theta: config.ropeBase,
    rms_norm_eps: config.rmsEpsilon,
    tie_word_embeddings: config.tiedEmbeddings,
    ...generation,
  };
}
