import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DownloadError } from '../../../src/core/errors.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { writeTinySafetensors } from '../../support/tiny-safetensors.js';
import { run } from './harness.js';

let folder: string;
let cache: readonly string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-models-'));
  cache = ['--cache-folder', join(folder, 'cache')];
  await writeTinyModelFolder(join(folder, 'mine'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('slipstream models', () => {
  test('a folder is given a name, listed and forgotten', async () => {
    const imported = await run(['models', 'import', join(folder, 'mine'), '--name', 'mine', ...cache]);
    expect(imported).toMatchObject({ code: 0, stdout: 'mine is ready\n', stderr: '' });
    const table = await run(['models', 'list', ...cache]);
    expect(table.stdout).toMatch(
      /^name +state +description\nfable +built-in +.*\nfable-drafter +built-in +.*\nsmollm2-drafter +built-in +.*\nsmollm2 +downloadable +.*\nmine +ready +.*mine\n$/,
    );
    const json = await run(['models', 'list', '--json', ...cache]);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { name: 'fable', state: 'built-in' },
      { name: 'fable-drafter', state: 'built-in' },
      { name: 'smollm2-drafter', state: 'built-in' },
      { name: 'smollm2', state: 'downloadable' },
      { name: 'mine', state: 'ready', folder: join(folder, 'mine') },
    ]);
    expect(await run(['models', 'remove', 'mine', ...cache])).toMatchObject({
      code: 0,
      stdout: 'mine is removed\n',
    });
    expect(await run(['models', 'remove', 'mine', ...cache])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^slipstream: model "mine" was not found: .*\n$/),
    });
  });

  test.each([
    ['model.onnx', 'is not an ONNX model'],
    ['tokenizer.json', 'is not JSON, or was cut off'],
    ['config.json', 'is not JSON, or was cut off'],
  ])('a folder whose %s is damaged is given no name', async (file, problem) => {
    const damaged = join(folder, 'damaged');
    cpSync(join(folder, 'mine'), damaged, { recursive: true });
    try {
      writeFileSync(join(damaged, file), '{x');
      const { code, stdout, stderr } = await run(['models', 'import', damaged, ...cache]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^slipstream: .*damaged.*${file}: ${problem}.*\\n$`));
      expect((await run(['models', 'list', ...cache])).stdout).not.toContain('damaged');
    } finally {
      rmSync(damaged, { recursive: true });
    }
  });

  test('a folder whose configuration has more tokens than its graph is given no name', async () => {
    const larger = join(folder, 'larger');
    cpSync(join(folder, 'mine'), larger, { recursive: true });
    try {
      const config = JSON.parse(readFileSync(join(larger, 'config.json'), 'utf8'));
      writeFileSync(join(larger, 'config.json'), JSON.stringify({ ...config, vocab_size: 600 }));
      const { code, stderr } = await run(['models', 'import', larger, ...cache]);
      expect(stderr).toMatch(
        /^slipstream: .*larger.model\.onnx: its embedding has 512 rows, but its vocabulary has 600 tokens .*\n$/,
      );
      expect(code).toBe(1);
    } finally {
      rmSync(larger, { recursive: true });
    }
  });

  test('a name that cannot be given is wrong use', async () => {
    const { code, stderr } = await run([
      'models',
      'import',
      join(folder, 'mine'),
      '--name',
      'ngram',
      ...cache,
    ]);
    expect(stderr).toContain('slipstream: --name is "ngram", but must be');
    expect(code).toBe(2);
    const unnamed = await run(['models', 'import', join(folder, 'mine', '...'), ...cache]);
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining('--name is "", but must be') });
  });

  test('a model is named after its file or folder, and made with the weights that were asked for', async () => {
    const path = join(folder, 'Tiny Llama');
    writeTinySafetensors(path);
    const small = await run(['models', 'import', path, '--weights', 'q4', ...cache]);
    expect(small).toMatchObject({ code: 0, stdout: 'tiny-llama is ready\n' });
    expect(small.stderr).toMatch(
      /^tiny-llama: verifying \(0\.\d MB\)\ntiny-llama: importing \(0\.\d MB\) as blocks of 4 bits\n$/,
    );
    const refused = await run(['models', 'import', join(folder, 'mine'), '--weights', 'q4', ...cache]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('--weights is "q4", but must be left out for a folder with model.onnx');
    const unknown = await run(['models', 'import', path, '--weights', 'q5', ...cache]);
    expect(unknown.stderr).toContain(
      '--weights is "q5", but must be auto, rowwise, blockwise, q8, q4 or f32',
    );
    await run(['models', 'remove', 'tiny-llama', ...cache]);
    const byDefault = await run(['models', 'import', path, ...cache]);
    expect(byDefault.stderr).toMatch(
      / as (int8 rows|blocks, floats of 8 bits): this processor's (8-bit products are not|products with u?int8 weights are) exact\n$/,
    );
    await run(['models', 'remove', 'tiny-llama', ...cache]);
  });

  test('pulling shows each step, where nobody watches a bar', async () => {
    const { code, stdout, stderr } = await run(['models', 'pull', 'smollm2', ...cache], {
      services: {
        bringModel: async (_name, _store, onProgress) => {
          onProgress({ step: 'download', doneBytes: 0, totalBytes: 98_400_000 });
          onProgress({ step: 'download', doneBytes: 98_400_000, totalBytes: 98_400_000 });
          onProgress({ step: 'import', doneBytes: 0, totalBytes: undefined });
        },
      },
    });
    expect(stderr).toBe('smollm2: downloading (98 MB)\nsmollm2: importing\n');
    expect(stdout).toBe('smollm2 is ready\n');
    expect(code).toBe(0);
  });

  test('pulling on a terminal shows a bar', async () => {
    const { stderr } = await run(['models', 'pull', 'smollm2', ...cache], {
      terminal: true,
      services: {
        bringModel: async (_name, _store, onProgress) => {
          onProgress({ step: 'download', doneBytes: 10_000_000, totalBytes: 20_000_000 });
        },
      },
    });
    expect(stderr).toContain('smollm2: downloading [');
    expect(stderr).toContain('50 % of 20 MB');
  });

  test('a failed download is told in one line', async () => {
    const { code, stderr } = await run(['models', 'pull', 'smollm2', ...cache], {
      services: { bringModel: () => Promise.reject(new DownloadError('no source has it')) },
    });
    expect(stderr).toBe('slipstream: no source has it\n');
    expect(code).toBe(1);
  });

  test('Ctrl-C ends a download', async () => {
    const interrupted = new AbortController();
    const { code } = await run(['models', 'pull', 'smollm2', ...cache], {
      interrupted,
      services: {
        bringModel: () => {
          interrupted.abort('SIGINT');
          return new Promise(() => {});
        },
      },
    });
    expect(code).toBe(130);
  });

  test('without a subcommand the help is shown, as wrong use', async () => {
    const { code, stderr } = await run(['models']);
    expect(stderr).toContain('slipstream models pull smollm2');
    expect(code).toBe(2);
  });
});
