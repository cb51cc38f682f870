import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The JavaScript of one of our sources, for a child process: `src/app/cli/main.ts`, or its URL. */
export function compiledFile(source: string | URL): string {
  const path = typeof source === 'string' ? source : relative(ROOT, fileURLToPath(source));
  return join(inject('compiledSources'), path.replace(/\.ts$/, '.js'));
}
