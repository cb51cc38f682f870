import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadRelease } from '../../../infra/nats-server/download-release.js';
import { checksumOf, type ReleaseArchive, releaseArchive } from '../../../infra/nats-server/release.js';
import { DownloadError } from '../../../src/core/errors.js';

/** One entry of a tar archive: a header block, and the content padded to whole blocks. */
function tarEntry(name: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  return Buffer.concat([header, Buffer.alloc(Math.ceil(content.length / 512) * 512, content)]);
}

const archiveBytes = gzipSync(
  Buffer.concat([
    tarEntry('nats-server-v1/', '', '5'),
    tarEntry('nats-server-v1/README.md', 'r'.repeat(700)),
    tarEntry('nats-server-v1/nats-server', 'the program'),
    Buffer.alloc(1024),
  ]),
);
const sha256 = createHash('sha256').update(archiveBytes).digest('hex');

describe('downloading a release', () => {
  let folder: string;
  let server: Server;
  let checksums: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipstream-download-test-'));
    checksums = `${sha256}  other.tar.gz\n${sha256}  release.tar.gz\n`;
    server = createServer((request, response) => {
      if (request.url === '/release.tar.gz') response.end(archiveBytes);
      else if (request.url === '/SHA256SUMS') response.end(checksums);
      else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  function archive(known: string | undefined, file = 'release.tar.gz'): ReleaseArchive {
    const base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    return {
      fileName: 'release.tar.gz',
      url: `${base}/${file}`,
      sha256: known,
      checksumsUrl: `${base}/SHA256SUMS`,
    };
  }

  it('unpacks the program when the hash is the known one', async () => {
    const path = await downloadRelease(archive(sha256), folder);
    expect(readFileSync(path, 'utf8')).toBe('the program');
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  it('refuses another hash, whoever says it', async () => {
    await expect(downloadRelease(archive('0'.repeat(64)), folder)).rejects.toThrow(/but must have 000/);
    checksums = checksums.replaceAll(sha256, 'f'.repeat(64));
    await expect(downloadRelease(archive(undefined), folder)).rejects.toThrow(/but must have fff/);
  });

  it("compares with the release's own checksums where no hash is known", async () => {
    expect(readFileSync(await downloadRelease(archive(undefined), folder), 'utf8')).toBe('the program');
    checksums = '';
    await expect(downloadRelease(archive(undefined), folder)).rejects.toThrow(/has no checksum of release/);
  });

  it('names the address that fails', async () => {
    await expect(downloadRelease(archive(sha256, 'missing'), folder)).rejects.toThrow(
      /missing: the server answers 404/,
    );
    const closed = archive(sha256);
    server.close();
    server.closeAllConnections();
    await expect(downloadRelease(closed, folder)).rejects.toThrow(DownloadError);
  });

  it('knows the archives of the platforms that it can start, and the hashes for Linux', () => {
    expect(releaseArchive('linux', 'x64')?.url).toMatch(/nats-server-v[\d.]+-linux-amd64\.tar\.gz$/);
    expect(releaseArchive('linux', 'arm64')?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(releaseArchive('darwin', 'arm64')?.sha256).toBeUndefined();
    expect(releaseArchive('win32', 'x64')).toBeUndefined();
    expect(releaseArchive('linux', 'mips')).toBeUndefined();
  });

  it('reads checksum files with and without the mark of binary mode', () => {
    const hash = 'a'.repeat(64);
    expect(checksumOf('b.tar.gz', `x  a.tar.gz\n${hash} *b.tar.gz\n`)).toBe(hash);
    expect(checksumOf('b.tar.gz', 'not-a-hash  b.tar.gz')).toBeUndefined();
  });
});
