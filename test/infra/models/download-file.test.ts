import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadRequest, downloadFile } from '../../../infra/models/download-file.js';
import type { ModelProgress } from '../../../infra/models/progress.js';
import { DownloadError } from '../../../src/core/errors.js';
import type { Scheduler } from '../../../src/core/scheduler.js';
import { type FlakyFileServer, startFlakyFileServer } from '../../support/flaky-file-server.js';
import { HandScheduler } from '../../support/hand-scheduler.js';
import { until } from '../../support/until.js';

const file = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const sha256 = createHash('sha256').update(file).digest('hex');

/** Pauses between attempts end at once, and nothing is ever late. */
const patient: Scheduler = {
  now: () => 0,
  schedule: (delayMs, task) => {
    const handle = delayMs < 1000 ? setImmediate(task) : undefined;
    return () => clearImmediate(handle);
  },
};

let server: FlakyFileServer;
let folder = '';
let target = '';
beforeAll(async () => {
  server = await startFlakyFileServer(file);
  folder = mkdtempSync(join(tmpdir(), 'slipstream-download-'));
  target = join(folder, 'model.gguf');
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  server.script();
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

function download(changes: Partial<DownloadRequest> = {}): Promise<void> {
  return downloadFile({
    url: server.url,
    target,
    bytes: file.length,
    sha256,
    scheduler: patient,
    ...changes,
  });
}

async function failure(changes: Partial<DownloadRequest> = {}): Promise<string> {
  const error = await download(changes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DownloadError);
  expect(existsSync(target)).toBe(false);
  expect(existsSync(`${target}.lock`)).toBe(false);
  return (error as DownloadError).message;
}

describe('downloadFile', () => {
  it('brings the file, telling how far it is', async () => {
    const seen: ModelProgress[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    expect(readFileSync(target).equals(file)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.gguf']);
    const received = seen.filter(({ step }) => step === 'download').map(({ doneBytes }) => doneBytes);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(received.at(-1)).toBe(file.length);
    expect(seen.at(-1)).toEqual({ step: 'verify', doneBytes: file.length, totalBytes: file.length });
  });

  it('goes on where dropped connections ended', async () => {
    server.script({ dropAfter: 100_000 }, { dropAfter: 50_000 }, { dropAfter: 1 });
    await download();
    expect(readFileSync(target).equals(file)).toBe(true);
    expect(server.ranges).toHaveLength(4);
    const starts = server.ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1] ?? 0);
  });

  it('gives up after three attempts without a byte, and goes on in a later call', async () => {
    server.script({ dropAfter: 70_000 }, { status: 503 }, { status: 503 }, { status: 503 });
    expect(await failure()).toMatch(/model\.gguf from http.*: the server answered 503/);
    expect(server.ranges).toHaveLength(4);
    server.script();
    await download();
    expect(server.ranges[0]).toMatch(/^bytes=[1-9]/);
    expect(readFileSync(target).equals(file)).toBe(true);
  });

  it('begins again when a server ignores the range', async () => {
    server.script({ dropAfter: 100_000 }, { ignoreRange: true });
    await download();
    expect(readFileSync(target).equals(file)).toBe(true);
  });

  it.each([
    ['another length', [{ body: file.subarray(1) }], /is 299999 bytes long, but must be 300000/],
    [
      'another whole length',
      [{ dropAfter: 90_000 }, { contentRange: (from: number) => `bytes ${from}-299999/300001` }],
      /is 300001 bytes long/,
    ],
    [
      'another range',
      [{ dropAfter: 90_000 }, { contentRange: (from: number) => `bytes ${from - 1}-299999/300000` }],
      /another range than asked/,
    ],
    [
      'more than it should',
      [{ body: Buffer.concat([file, file]), announceLength: false }],
      /more than 300000 bytes/,
    ],
    ['other bytes', [{ body: file.map((byte) => byte ^ 1) }], /SHA-256 is [0-9a-f]{64}, but must be/],
    ['that there is no such file', [{ status: 404 }], /the server answered 404/],
  ])('refuses a server that sends %s, and keeps nothing of it', async (_, answers, message) => {
    server.script(...answers);
    expect(await failure()).toMatch(message);
    expect(server.ranges).toHaveLength(answers.length);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('replaces a part that is longer than the file', async () => {
    writeFileSync(`${target}.part`, Buffer.alloc(file.length + 1));
    await download();
    expect(readFileSync(target).equals(file)).toBe(true);
  });

  it('fails after one attempt where nobody answers', async () => {
    server.script({ silent: true });
    const scheduler = new HandScheduler();
    const message = failure({ scheduler });
    await until(() => server.ranges.length === 1);
    scheduler.advance(5000);
    expect(await message).toMatch(/no answer within 5 s/);
    expect(server.ranges).toHaveLength(1);
    expect(await failure({ url: 'http://127.0.0.1:1/' })).toMatch(/ECONNREFUSED|bad port/);
  });

  it('goes on when an answer stalls', async () => {
    server.script({ stallAfter: 40_000 });
    const scheduler = new HandScheduler();
    const done = download({ scheduler });
    await until(() => statSync(`${target}.part`, { throwIfNoEntry: false })?.size === 40_000);
    scheduler.advance(15_000);
    await until(() => {
      scheduler.advance(1);
      return server.ranges.length === 2;
    });
    await done;
    expect(server.ranges).toEqual(['', 'bytes=40000-']);
    expect(readFileSync(target).equals(file)).toBe(true);
  });

  it('works beside another process that downloads the same, and takes over from one that ended', async () => {
    writeFileSync(`${target}.lock`, `${hostname()}.${process.ppid}`);
    writeFileSync(`${target}.part`, Buffer.alloc(10));
    await download();
    expect(readFileSync(target).equals(file)).toBe(true);
    expect(readFileSync(`${target}.part`)).toHaveLength(10);
    rmSync(target);
    writeFileSync(`${target}.lock`, `${hostname()}.${2 ** 30}`);
    writeFileSync(`${target}.part`, file.subarray(0, 10));
    server.script();
    await download();
    expect(server.ranges).toEqual(['bytes=10-']);
    expect(existsSync(`${target}.lock`)).toBe(false);
  });
});
