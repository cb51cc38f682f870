import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DownloadError } from '../../src/core/errors.js';
import { checksumOf, type ReleaseArchive } from './release.js';
import { fileInTar } from './tar.js';

/** A network that is closed, or lets nothing through, must not keep a user waiting. */
const ANSWER_WITHIN_MS = 5000;
const WHOLE_WITHIN_MS = 120_000;

/** Downloads, compares the hash and unpacks the binary into `folder`; gives its path. Throws DownloadError. */
export async function downloadRelease(archive: ReleaseArchive, folder: string): Promise<string> {
  const expected =
    archive.sha256 ?? checksumOf(archive.fileName, (await get(archive.checksumsUrl)).toString('utf8'));
  if (expected === undefined)
    throw new DownloadError(`${archive.checksumsUrl} has no checksum of ${archive.fileName}`);
  const bytes = await get(archive.url);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== expected)
    throw new DownloadError(`${archive.url} has SHA-256 ${actual}, but must have ${expected}`);
  const binary = fileInTar(gunzipSync(bytes), 'nats-server');
  if (binary === undefined) throw new DownloadError(`${archive.url} contains no nats-server`);
  const path = join(folder, 'nats-server');
  await writeFile(path, binary, { mode: 0o755 });
  return path;
}

async function get(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const stop = (why: string): void => abort.abort(new DownloadError(`${url}: ${why}`));
  const whole = setTimeout(() => stop(`not complete after ${WHOLE_WITHIN_MS / 1000} s`), WHOLE_WITHIN_MS);
  const answer = setTimeout(() => stop(`no answer within ${ANSWER_WITHIN_MS / 1000} s`), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answer);
    if (!response.ok) throw new DownloadError(`${url}: the server answers ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new DownloadError(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(whole);
    clearTimeout(answer);
  }
}
