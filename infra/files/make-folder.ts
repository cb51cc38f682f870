import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorMessage, SystemError } from '../../src/core/errors.js';

/**
 * Makes a folder and those above it that are missing. Node's own recursive mkdir never returns where a file system
 * answers ENOENT for a folder whose parent is there, as Linux's /proc does. Throws SystemError.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  for (const missing of missingFolders(path)) {
    try {
      mkdirSync(missing);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (isFolder(missing)) continue;
      throw new SystemError(`the folder ${path} cannot be made: ${errorMessage(error)}`, { cause: error });
    }
  }
  if (!isFolder(path)) throw new SystemError(`${path} is no folder`);
}

/** From the outermost to `path` itself. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  return missing;
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
