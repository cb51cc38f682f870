import { statSync } from 'node:fs';
import { openGgufSource } from './gguf-source.js';
import type { ImportSource } from './import-source.js';
import type { OnModelProgress } from './progress.js';
import { openSafetensorsSource } from './safetensors-source.js';

/**
 * Opens weights that a model's folder can be made of: a GGUF file, or a folder with safetensors as Hugging Face has
 * it. Throws ModelNotFoundError or ModelFormatError.
 */
export function openSource(path: string): ImportSource {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? openSafetensorsSource(path) : openGgufSource(path);
}

/** SHA-256 of what an import of `path` depends on; throws as `openSource` does. */
export async function sourceHash(
  path: string,
  cacheFolder: string,
  onProgress?: OnModelProgress,
): Promise<string> {
  const source = openSource(path);
  try {
    return await source.hash(cacheFolder, onProgress);
  } finally {
    source.close();
  }
}
