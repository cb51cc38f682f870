import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULT_IMPORT_WEIGHTS, type ImportWeights } from './import-weights.js';

/** A model whose weights come with the package: imported when it is first used. */
export interface BundledModel {
  readonly name: string;
  readonly description: string;
  /** As Hugging Face has it, with weights in blocks. */
  readonly folder: string;
  readonly weights: ImportWeights;
}

/** What runs when nobody names a model: it needs no download. */
export const DEFAULT_MODEL = 'fable';

/** Drafters that were made for a target. */
const DRAFTERS: ReadonlyMap<string, string> = new Map([
  ['fable', 'fable-drafter'],
  ['smollm2', 'ngram,smollm2-drafter'],
]);

/** Who drafts for a model when nobody says: the drafter made for it, else lookup in the text so far. */
export function defaultDrafter(model: string): string {
  return DRAFTERS.get(model) ?? 'ngram';
}

/** See models/fable/README.md and models/smollm2-drafter/README.md. */
export const bundledModels: readonly BundledModel[] = [
  {
    name: 'fable',
    description: 'continues English stories; 33M weights, 4 bits, context 1024',
    folder: inPackage('models/fable/target'),
    weights: DEFAULT_IMPORT_WEIGHTS,
  },
  {
    name: 'fable-drafter',
    description: 'drafts for fable; 0.9M weights, 8 bits',
    folder: inPackage('models/fable/drafter'),
    // Its passes are of one token, which blocks make faster than int8 rows.
    weights: 'blockwise',
  },
  {
    name: 'smollm2-drafter',
    description: 'drafts for smollm2; 20M weights, 4 bits, knows 16,384 of its ids',
    folder: inPackage('models/smollm2-drafter'),
    weights: 'blockwise',
  },
];

/** The package's root lies above this file at another depth in a build than in the sources. */
function inPackage(path: string): string {
  const folders = ['../../', '../../../'].map((up) => fileURLToPath(new URL(up + path, import.meta.url)));
  return folders.find((folder) => existsSync(folder)) ?? (folders[0] as string);
}
