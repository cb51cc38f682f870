import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isGone, ownerName } from './cache-layout.js';

/**
 * Takes a lock file, also from an owner that has ended. Returns the function that gives it back, or undefined
 * while another process holds it.
 */
export function tryLock(path: string): (() => void) | undefined {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, ownerName(), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!isGone(readOwner(path))) return undefined;
      rmSync(path, { force: true });
    }
  }
  return undefined;
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
