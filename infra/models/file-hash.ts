import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { cacheLayout, ownTemporaryPath } from './cache-layout.js';
import { readJsonFile } from './json-file.js';
import type { OnModelProgress } from './progress.js';

const CHUNK_BYTES = 1 << 20;

/** SHA-256 of a file, in hexadecimal digits. */
export async function hashFile(
  path: string,
  onBytes: (doneBytes: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  let doneBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
    doneBytes += (chunk as Buffer).length;
    onBytes(doneBytes);
  }
  return hash.digest('hex');
}

const memoSchema = z.object({ identity: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** As `hashFile`, but remembers files whose size, inode and time of change are still the same. */
export async function hashFileOnce(
  path: string,
  cacheFolder: string,
  onProgress: OnModelProgress = () => {},
): Promise<string> {
  const { hashes, partial } = cacheLayout(cacheFolder);
  const realPath = realpathSync(path);
  const memoPath = join(hashes, `${createHash('sha256').update(realPath).digest('hex').slice(0, 32)}.json`);
  const identity = fileIdentity(realPath);
  try {
    const memo = readJsonFile(memoPath, memoSchema);
    if (memo?.identity === identity) return memo.sha256;
  } catch {
    // A damaged note is written again.
  }
  const totalBytes = statSync(realPath).size;
  const sha256 = await hashFile(realPath, (doneBytes) =>
    onProgress({ step: 'verify', doneBytes, totalBytes }),
  );
  if (fileIdentity(realPath) === identity) {
    try {
      for (const folder of [hashes, partial]) makeFolder(folder);
      const temporary = ownTemporaryPath(partial);
      writeFileSync(temporary, JSON.stringify({ identity, sha256 }));
      renameSync(temporary, memoPath);
    } catch {
      // A cache shared by several users may be read-only: the next one hashes again.
    }
  }
  return sha256;
}

/** One hash over the names and contents of several files, in this order. */
export async function hashFilesOnce(
  paths: readonly string[],
  cacheFolder: string,
  onProgress: OnModelProgress = () => {},
): Promise<string> {
  const totalBytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const parts: [name: string, sha256: string][] = [];
  let before = 0;
  for (const path of paths) {
    const sha256 = await hashFileOnce(path, cacheFolder, ({ doneBytes }) =>
      onProgress({ step: 'verify', doneBytes: before + doneBytes, totalBytes }),
    );
    parts.push([basename(path), sha256]);
    before += statSync(path).size;
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function fileIdentity(path: string): string {
  const { size, ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [size, ino, mtimeNs, ctimeNs].join(':');
}
