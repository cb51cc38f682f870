import { compiledFile } from './compiled.js';

/** Stands for infra/keeper/node-entry.ts in tests: children run what was compiled at the start of the run. */
export function nodeArguments(entry: URL): string[] {
  return [compiledFile(entry)];
}
