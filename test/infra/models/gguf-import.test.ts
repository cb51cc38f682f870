import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGguf } from '../../../infra/models/gguf-reader.js';
import type { ImportWeights } from '../../../infra/models/import-weights.js';
import { importCheckpoint } from '../../../infra/models/model-import.js';
import type { WeightFormat } from '../../../src/core/checkpoint.js';
import { writeGguf } from '../../support/gguf-writer.js';
import { mixedGguf } from '../../support/mixed-gguf.js';
import { type ImportError, importError } from './import-error.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-gguf-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function errorOf(weights: ImportWeights, tables: [WeightFormat, WeightFormat?]): Promise<ImportError> {
  const path = join(folder, `${tables.join('-')}.gguf`);
  writeFileSync(path, writeGguf(mixedGguf(...tables)));
  const made = await importCheckpoint(path, { cacheFolder: join(folder, 'cache'), weights });
  const file = openGguf(path);
  try {
    return await importError(made.folder, file.checkpoint(''));
  } finally {
    file.close();
  }
}

describe.each<{ tables: [WeightFormat, WeightFormat?] }>([
  { tables: ['q4_k', 'q6_k'] },
  { tables: ['q6_k'] },
  { tables: ['bf16', 'q8_0'] },
  { tables: ['q4_k'] },
])('a GGUF file of many formats, tables $tables', ({ tables }) => {
  it('becomes a model that computes what its weights define', async () => {
    expect((await errorOf('f32', tables)).largest).toBeLessThan(1e-4);
  });

  it.each(['blockwise', 'rowwise'] as const)(
    'comes close to it where activations have 8 bits: %s',
    async (weights) => {
      const error = await errorOf(weights, tables);
      expect(error.largest).toBeGreaterThan(1e-4);
      expect(error.rootMeanSquare).toBeLessThan(0.06);
    },
  );
});
