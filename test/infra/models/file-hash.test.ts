import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashFileOnce } from '../../../infra/models/file-hash.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-hash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('hashes a file even where the hash cannot be remembered', async () => {
  const file = join(folder, 'weights');
  writeFileSync(file, 'abc');
  // Under a file no folder can be made, whoever asks.
  const cacheFolder = join(file, 'cache');
  const expected = createHash('sha256').update('abc').digest('hex');
  expect(await hashFileOnce(file, cacheFolder)).toBe(expected);
});
