import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { floatKernelHash } from '../../../infra/onnx/float-kernels.js';
import { compiledFile } from '../../support/compiled.js';

it('gives one hash in every process on one processor', async () => {
  const compiled = pathToFileURL(compiledFile('infra/onnx/float-kernels.ts')).href;
  const script = `import('${compiled}').then((m) => m.floatKernelHash()).then((hash) => process.stdout.write(hash))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  expect(stdout).toMatch(/^[0-9a-f]{64}$/);
  expect(await floatKernelHash()).toBe(stdout);
});
