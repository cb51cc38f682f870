import { pathToFileURL } from 'node:url';
import { compiledFile } from './compiled.js';

/** Stands for infra/node-entry in tests: processes and threads run what was compiled at the start of the run. */
export function nodeArguments(entry: URL): string[] {
  return [compiledFile(entry)];
}

export function threadModule(entry: URL): URL {
  return pathToFileURL(compiledFile(entry));
}
