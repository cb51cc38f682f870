import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { floatKernelHash, hashOfNumbers } from '../../../infra/onnx/float-kernels.js';
import { compiledFile } from '../../support/compiled.js';

it('gives one hash in every process on one processor', async () => {
  const compiled = pathToFileURL(compiledFile('infra/onnx/float-kernels.ts')).href;
  const script = `import('${compiled}').then((m) => m.floatKernelHash()).then((hash) => process.stdout.write(hash))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  expect(stdout).toMatch(/^[0-9a-f]{64}$/);
  expect(await floatKernelHash()).toBe(stdout);
});

it('tells numbers apart that differ in their last bit', () => {
  const lists = [new Float32Array([1, 2]), new Float32Array([3])];
  const hash = hashOfNumbers(lists);
  expect(hashOfNumbers(lists.map((list) => list.slice()))).toBe(hash);
  for (const index of lists.keys()) {
    const others = lists.map((list) => list.slice());
    const bits = new Uint32Array(others[index]?.buffer ?? []);
    bits[0] = (bits[0] ?? 0) ^ 1;
    expect(hashOfNumbers(others)).not.toBe(hash);
  }
});

it('is a hash of what was computed', async () => {
  expect(await floatKernelHash()).not.toBe(hashOfNumbers([]));
});
