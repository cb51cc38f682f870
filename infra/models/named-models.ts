import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InvalidOptionError } from '../../src/core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { cacheLayout, ownTemporaryPath } from './cache-layout.js';
import { DEFAULT_IMPORT_WEIGHTS, IMPORT_WEIGHTS } from './import-weights.js';
import { readJsonFile } from './json-file.js';

/** What a user's own name stands for: weights that were imported, or a folder that is used where it is. */
const namedModelSchema = z.union([
  z.object({
    sourceSha256: z.string().regex(/^[0-9a-f]{64}$/),
    sourcePath: z.string(),
    weights: z.enum(IMPORT_WEIGHTS).default(DEFAULT_IMPORT_WEIGHTS),
  }),
  z.object({ folder: z.string() }),
]);
export type NamedModel = z.infer<typeof namedModelSchema>;

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** They mean something else wherever a model is named. */
const reservedNames: ReadonlySet<string> = new Set(['ngram', 'none', 'sim']);

/** A name for what lies at `path`, after the file or folder; it may still be one that cannot be given. */
export function nameAfter(path: string): string {
  const lowered = basename(path, '.gguf').toLowerCase();
  return lowered.replace(/[^a-z0-9._-]+/g, '-').replace(/^[._-]+/, '');
}

/** Throws InvalidOptionError for a name that cannot be given. */
export function checkModelName(name: string): void {
  if (!namePattern.test(name) || reservedNames.has(name) || name.endsWith('.gguf'))
    throw new InvalidOptionError(
      'name',
      name,
      '1..64 lower-case letters, digits, dots, dashes or underscores, not ending in .gguf, and not ngram, none or sim',
    );
}

export function readNamedModel(cacheFolder: string, name: string): NamedModel | undefined {
  return readJsonFile(recordPath(cacheFolder, name), namedModelSchema);
}

export function writeNamedModel(cacheFolder: string, name: string, model: NamedModel): void {
  const { names, partial } = cacheLayout(cacheFolder);
  for (const folder of [names, partial]) makeFolder(folder);
  const temporary = ownTemporaryPath(partial);
  writeFileSync(temporary, `${JSON.stringify(model)}\n`);
  renameSync(temporary, recordPath(cacheFolder, name));
}

export function removeNamedModel(cacheFolder: string, name: string): void {
  rmSync(recordPath(cacheFolder, name), { force: true });
}

export function namedModels(cacheFolder: string): string[] {
  try {
    const files = readdirSync(cacheLayout(cacheFolder).names).filter((file) => file.endsWith('.json'));
    return files.map((file) => file.slice(0, -'.json'.length)).sort();
  } catch {
    return [];
  }
}

function recordPath(cacheFolder: string, name: string): string {
  return join(cacheLayout(cacheFolder).names, `${name}.json`);
}
