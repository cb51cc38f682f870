import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { BundledModel } from '../../infra/models/bundled-models.js';
import { cacheLayout } from '../../infra/models/cache-layout.js';
import { importModel } from '../../infra/models/model-store.js';
import { fittingDrafters } from '../../src/app/fitting-drafters.js';
import { silentLogger } from '../../src/core/logger.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';
import { writeTinySafetensors } from '../support/tiny-safetensors.js';

let folder: string;
const warn = vi.fn();
const builtIn: BundledModel[] = [];
const store = () => ({ cacheFolder: join(folder, 'cache'), offline: true, bundled: builtIn });
const find = (model: string) => fittingDrafters(model, store(), { ...silentLogger, warn });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-fitting-'));
  const models = {
    target: { vocabularySize: 300, layers: 3 },
    small: { vocabularySize: 300, layers: 1 },
    larger: { vocabularySize: 300, layers: 6 },
    foreign: { vocabularySize: 299, layers: 1 },
  };
  for (const [name, options] of Object.entries(models)) {
    await writeTinyModelFolder(join(folder, name), options);
    await importModel(join(folder, name), name, store());
  }
});
beforeEach(() => {
  warn.mockClear();
  builtIn.splice(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds smaller models with the same tokenizer', async () => {
  expect(await find('target')).toEqual(['small']);
  expect(await find('larger')).toEqual(['small', 'target']);
  expect(await find('sim:target?ms=20')).toEqual([]);
  expect(warn).not.toHaveBeenCalled();
});

it('imports a built-in model only if it fits', async () => {
  for (const [name, options] of Object.entries({
    fits: { vocabularySize: 300, layers: 1 },
    'other-tokens': { vocabularySize: 298, layers: 1 },
    'too-large': { vocabularySize: 300, layers: 18 },
  })) {
    const source = join(folder, name);
    writeTinySafetensors(source, { ...options, format: 'q8_0' });
    builtIn.push({ name, description: '', folder: source, weights: 'blockwise' });
  }
  expect(await find('target')).toEqual(['fits', 'small']);
  expect(readdirSync(cacheLayout(store().cacheFolder).imported)).toHaveLength(1);
  expect(warn).not.toHaveBeenCalled();
});

it.each([
  ['its record', /gone or damaged/, () => join(cacheLayout(store().cacheFolder).names, 'small.json')],
  ['its tokenizer', /tokenizer.json: is empty/, () => join(folder, 'small', 'tokenizer.json')],
  ['its graph', /model.onnx: is empty/, () => join(folder, 'small', 'model.onnx')],
])('leaves out a model when %s is damaged, and says so', async (_, problem, path) => {
  const whole = readFileSync(path());
  truncateSync(path(), 0);
  try {
    expect(await find('larger')).toEqual(['target']);
    expect(warn.mock.calls).toEqual([
      [{ model: 'small', error: expect.stringMatching(problem) }, 'left out a model that cannot be read'],
    ]);
  } finally {
    writeFileSync(path(), whole);
  }
});
