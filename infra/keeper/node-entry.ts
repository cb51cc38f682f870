import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Arguments for `process.execPath` to run one of our own files as a process. From a checkout the file is
 * TypeScript and needs the loader `tsx`; the built package has JavaScript.
 */
export function nodeArguments(entry: URL): string[] {
  const file = fileURLToPath(entry);
  return file.endsWith('.ts') ? ['--import', createRequire(entry).resolve('tsx'), file] : [file];
}
