import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ModelFormatError } from '../../src/core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { buildDecoderModel } from '../onnx/graph/build-decoder-model.js';
import { cacheLayout, ownTemporaryPath, removeLeftovers } from './cache-layout.js';
import type { ImportSource } from './import-source.js';
import { DEFAULT_IMPORT_WEIGHTS, decideWeights, type ImportWeights } from './import-weights.js';
import { importedFolder, isComplete, moveIntoPlace, writeManifest } from './imported-folder.js';
import { loadTokenizer } from './load-tokenizer.js';
import { openSource } from './open-source.js';
import type { OnModelProgress } from './progress.js';
import { withoutSpareRows } from './spare-rows.js';

export interface ImportOptions {
  readonly cacheFolder: string;
  readonly weights?: ImportWeights | undefined;
  readonly onProgress?: OnModelProgress | undefined;
}

export interface ImportedModel {
  readonly folder: string;
  readonly sourceSha256: string;
}

/**
 * Makes a model folder from a source (see openSource), once per source, choice of weights and importer version.
 * Several processes may do so at the same time: each works in a folder of its own, and the first to finish wins.
 * Throws ModelNotFoundError or ModelFormatError.
 */
export async function importCheckpoint(path: string, options: ImportOptions): Promise<ImportedModel> {
  const source = openSource(path);
  try {
    const sourceSha256 = await source.hash(options.cacheFolder, options.onProgress);
    const folder = importedFolder(
      options.cacheFolder,
      sourceSha256,
      options.weights ?? DEFAULT_IMPORT_WEIGHTS,
    );
    if (!isComplete(folder)) await build(source, sourceSha256, folder, options);
    return { folder, sourceSha256 };
  } finally {
    source.close();
  }
}

async function build(
  source: ImportSource,
  sourceSha256: string,
  folder: string,
  { cacheFolder, onProgress, weights: choice = DEFAULT_IMPORT_WEIGHTS }: ImportOptions,
): Promise<void> {
  const smallFiles = source.smallFiles();
  const { imported, partial } = cacheLayout(cacheFolder);
  for (const needed of [imported, partial]) makeFolder(needed);
  removeLeftovers(partial);
  const temporary = ownTemporaryPath(partial);
  const modelPath = join(temporary, 'model.onnx');
  mkdirSync(temporary);
  try {
    const { totalBytes } = source;
    const { built, reason } = await decideWeights(choice, source.config, async () => {
      const { exactByteWeights } = await import('../onnx/integer-products.js');
      return exactByteWeights();
    });
    for (const [name, content] of smallFiles) writeFileSync(join(temporary, name), content);
    const { vocabularySize: tokens } = loadTokenizer(temporary);
    await buildDecoderModel(withoutSpareRows(source.checkpoint(sourceSha256), tokens), modelPath, {
      weights: built,
      onProgress: (share) =>
        onProgress?.({
          step: 'import',
          doneBytes: Math.round(share * totalBytes),
          totalBytes,
          weights: reason,
        }),
    });
    writeManifest(temporary, { sourceSha256, sourceName: basename(source.path), weights: reason });
    moveIntoPlace(temporary, folder);
  } catch (error) {
    // The user knows the source, not the files that were being made of it.
    if (!(error instanceof ModelFormatError) || !error.where.startsWith(temporary)) throw error;
    throw new ModelFormatError(source.path, error.problem, { cause: error });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
