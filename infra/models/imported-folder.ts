import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelFormatError } from '../../src/core/errors.js';
import { GRAPH_BUILDER_VERSION } from '../onnx/graph/build-decoder-model.js';
import { cacheLayout } from './cache-layout.js';
import { type ImportWeights, weightsKey } from './import-weights.js';
import { readJsonFile } from './json-file.js';

/** Rises whenever the same source gives other files; with the graph builder's version part of the cache's key. */
const IMPORTER_VERSION = '4';
const VERSION = `${IMPORTER_VERSION}.${GRAPH_BUILDER_VERSION}`;
const MANIFEST = 'manifest.json';

const manifestSchema = z.object({
  sourceSha256: z.string(),
  sourceName: z.string(),
  importerVersion: z.string(),
  /** In words, and why. */
  weights: z.string(),
  /** Name -> bytes. */
  files: z.record(z.string(), z.int().min(0)),
});

/** Where the import of a source lies or would lie. */
export function importedFolder(cacheFolder: string, sourceSha256: string, weights: ImportWeights): string {
  return join(
    cacheLayout(cacheFolder).imported,
    `${sourceSha256.slice(0, 32)}-${VERSION}-${weightsKey(weights)}`,
  );
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

/** Says of a folder what it was made of and that all is there. The last thing to be written. */
export function writeManifest(
  folder: string,
  source: { readonly sourceSha256: string; readonly sourceName: string; readonly weights: string },
): void {
  const files = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]);
  const manifest: z.infer<typeof manifestSchema> = {
    ...source,
    importerVersion: VERSION,
    files: Object.fromEntries(files),
  };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Another process may have put its own result there, which is as good; a damaged one is replaced. */
export function moveIntoPlace(temporary: string, folder: string): void {
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
