import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../../infra/nats-server/find-binary.js';
import { NatsUnavailableError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';

describe('finding a nats-server', () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipstream-find-test-'));
    process.env.PATH = join(folder, 'bin');
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** A program that only says its version. */
  function program(version: string, ...at: string[]): string {
    const file = join(folder, ...at, 'nats-server');
    mkdirSync(join(folder, ...at), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
    chmodSync(file, 0o755);
    return file;
  }

  const find = (binary?: string) =>
    findNatsServer({ binary, cacheFolder: join(folder, 'cache'), offline: true, logger: silentLogger });

  it('takes what the user named before anything else', async () => {
    program('2.10.0', 'bin');
    const named = program('2.9.25', 'named');
    expect(await find(named)).toEqual({ binary: named, version: '2.9.25' });
  });

  it('refuses what the user named rather than take another', async () => {
    program('2.10.0', 'bin');
    await expect(find('/no/such/file')).rejects.toThrow(/\/no\/such\/file does not run/);
    await expect(find('/bin/true')).rejects.toThrow('/bin/true is not a nats-server');
  });

  it('prefers the PATH to the cache', async () => {
    program('2.10.0', 'bin');
    program('2.14.0', 'cache', 'nats-server', '2.14.0');
    expect(await find()).toEqual({ binary: 'nats-server', version: '2.10.0' });
  });

  it('takes the newest of the cache, also when that on the PATH is too old', async () => {
    program('2.1.9', 'bin');
    program('2.9.10', 'cache', 'nats-server', '2.9.10');
    const newest = program('2.14.0', 'cache', 'nats-server', '2.14.0');
    expect(await find()).toEqual({ binary: newest, version: '2.14.0' });
  });

  it('says what was tried and what to do when there is none', async () => {
    program('2.1.9', 'bin');
    const error = await find().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NatsUnavailableError);
    expect(String(error)).toMatch(
      /--nats-server.*PATH: nats-server is nats-server 2\.1\.9, but must be 2\.9/,
    );
    expect(String(error)).toMatch(/cache: empty.*downloads are off/);
  });
});
