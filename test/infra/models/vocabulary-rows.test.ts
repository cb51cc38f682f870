import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveModel } from '../../../infra/models/model-folder.js';
import { forward } from '../../../src/core/forward.js';
import type { SamplerParameters } from '../../../src/core/sampler-parameters.js';
import { writeSafetensors } from '../../support/safetensors-writer.js';
import { writeTinySafetensors } from '../../support/tiny-safetensors.js';
import { writeTinyTokenizer } from '../../support/tiny-tokenizer.js';
import { openModel, openSequence } from '../onnx/open-model.js';

const IDS = 512;
const ROWS = 300;
// 3 and 512 have no common divisor: no id comes twice.
const ID_OF_ROW = Array.from({ length: ROWS }, (_, row) => (row * 3 + 1) % IDS);
const ROW_OF_ID = Array.from({ length: IDS }, (_, id) => Math.max(ID_OF_ROW.indexOf(id), id % 7));

let root = '';
let folder = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-vocabulary-rows-'));
  folder = join(root, 'few');
});
afterEach(() => rmSync(root, { recursive: true }));

function writeRows(rowOfId: readonly number[], idOfRow: readonly number[], dtype = 'I32'): void {
  const table = (name: string, values: readonly number[]) => ({
    name,
    dtype,
    shape: [values.length],
    bytes: new Uint8Array(Int32Array.from(values).buffer),
  });
  const tables = [table('row_of_id', rowOfId), table('id_of_row', idOfRow)];
  writeFileSync(join(folder, 'vocabulary_rows.safetensors'), writeSafetensors(tables));
}

async function resolved() {
  const model = await resolveModel(folder, { cacheFolder: join(root, 'cache'), registry: [] });
  if (model.kind !== 'onnx') throw new Error('not a model folder');
  return model;
}

describe('a drafter that knows only some ids', () => {
  beforeEach(() => {
    writeTinySafetensors(folder, { vocabularySize: ROWS });
    writeTinyTokenizer(folder, IDS);
    writeRows(ROW_OF_ID, ID_OF_ROW);
  });

  it.each<[string, Partial<SamplerParameters>]>([
    ['greedy', {}],
    ['sampled', { temperature: 0.8, topP: 0.9, minP: 0.02, repetitionPenalty: 1.1, logitBias: [[5, 3]] }],
  ])('reads any id, and drafts the ids that its rows stand for, %s', async (_, sampler) => {
    const { modelPath, rows, loadTokenizer } = await resolved();
    const { vocabularySize } = loadTokenizer();
    expect(vocabularySize).toBe(IDS);
    const drafter = await openModel(modelPath, { role: 'drafter', rows, vocabularySize });
    expect(drafter.info.vocabularySize).toBe(IDS);
    const plain = await openModel(modelPath, { role: 'drafter' });
    const text = Array.from({ length: 60 }, (_, i) => (i * 37 + 11) % IDS);
    const { tokenIds } = await forward(openSequence(drafter, { sampler }), text, text.length);
    expect(tokenIds.filter((id) => !ID_OF_ROW.includes(id))).toEqual([]);
    expect(new Set(tokenIds).size).toBeGreaterThan(20);
    if (sampler.temperature === undefined) {
      const inRows = text.map((id) => ROW_OF_ID[id] as number);
      const picked = await forward(openSequence(plain), inRows, inRows.length);
      expect(tokenIds).toEqual(picked.tokenIds.map((row) => ID_OF_ROW[row]));
    }
    await Promise.all([drafter.close(), plain.close()]);
  });

  it('is no target', async () => {
    const { modelPath, rows } = await resolved();
    await expect(openModel(modelPath, { rows })).rejects.toThrow(
      'knows only 300 ids: it can draft, but not verify',
    );
  });

  it.each<[string, () => void, string]>([
    [
      'a row that is not there',
      () => writeRows([...ROW_OF_ID.slice(1), ROWS], ID_OF_ROW),
      'row_of_id[511] is 300, but must be 0..299',
    ],
    [
      'an id that is not there',
      () => writeRows(ROW_OF_ID, [-1, ...ID_OF_ROW.slice(1)]),
      'id_of_row[0] is -1, but must be 0..511',
    ],
    [
      'an id twice',
      () => writeRows(ROW_OF_ID, [4, ...ID_OF_ROW.slice(1)]),
      'id_of_row: two rows have the same id',
    ],
    [
      'too few rows',
      () =>
        writeRows(
          ROW_OF_ID.map(() => 0),
          ID_OF_ROW.slice(1),
        ),
      'id_of_row has 299 rows, but vocab_size in config.json is 300',
    ],
    [
      'another type',
      () => writeRows(ROW_OF_ID, ID_OF_ROW, 'F32'),
      'tensor row_of_id is F32 [512], but must be I32 [n]',
    ],
    [
      'fewer ids than the tokenizer',
      () => writeTinyTokenizer(folder, 600),
      'has ids up to 599, but vocab_size',
    ],
  ])('is refused with %s', async (_, damage, message) => {
    damage();
    await expect(resolved()).rejects.toThrow(message);
  });
});
