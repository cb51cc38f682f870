import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importModel } from '../../infra/models/model-store.js';
import { fittingDrafters } from '../../src/app/fitting-drafters.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';

let folder: string;
const store = () => ({ cacheFolder: join(folder, 'cache'), offline: true });
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
afterAll(() => rmSync(folder, { recursive: true }));

it('finds smaller models with the same tokenizer', async () => {
  expect(await fittingDrafters('target', store())).toEqual(['small']);
  expect(await fittingDrafters('larger', store())).toEqual(['small', 'target']);
  expect(await fittingDrafters('sim:target?ms=20', store())).toEqual([]);
});
