import { describe, expect, it } from 'vitest';
import {
  decideWeights,
  IMPORT_WEIGHTS,
  type ImportWeights,
  weightsKey,
} from '../../../infra/models/import-weights.js';
import type { DecoderConfig } from '../../../src/core/checkpoint.js';
import { tinyCheckpoint } from '../../support/tiny-model.js';

const small = tinyCheckpoint().config;
/** Llama 3.1 8B. */
const large = {
  ...small,
  layers: 32,
  width: 4096,
  heads: 32,
  kvHeads: 8,
  headSize: 128,
  feedForwardWidth: 14_336,
  vocabularySize: 128_256,
};

const built = async (weights: ImportWeights, config: DecoderConfig) =>
  (await decideWeights(weights, config, () => Promise.resolve('int8'))).built;

describe('decideWeights', () => {
  it('takes int8 rows where products are exact, else blocks, and says why', async () => {
    expect(await decideWeights('auto', small, () => Promise.resolve('int8'))).toEqual({
      built: 'rowwise',
      reason: "int8 rows: this processor's products with int8 weights are exact",
    });
    expect(await decideWeights('auto', small, () => Promise.resolve('uint8'))).toEqual({
      built: 'rowwise-unsigned',
      reason: "int8 rows: this processor's products with uint8 weights are exact",
    });
    expect(await decideWeights('auto', small, () => Promise.resolve(undefined))).toEqual({
      built: 'q8',
      reason: "blocks, floats of 8 bits: this processor's 8-bit products are not exact",
    });
    const wide = await decideWeights('auto', { ...small, feedForwardWidth: 70_000 }, () => Promise.reject());
    expect(wide).toEqual({ built: 'q8', reason: 'blocks, floats of 8 bits: too wide for int8 rows' });
  });

  it('asks for a test of the processor only when that decides', async () => {
    const never = () => Promise.reject(new Error('asked'));
    for (const weights of IMPORT_WEIGHTS) {
      const decided = decideWeights(weights, small, never);
      if (weights === 'auto' || weights === 'rowwise') await expect(decided).rejects.toThrow('asked');
      else expect((await decided).reason).not.toBe('');
    }
  });

  it.each([
    ['int8', 'rowwise'],
    ['uint8', 'rowwise-unsigned'],
    [undefined, 'rowwise'],
  ] as const)('stores rows so that products are exact: %s', async (exact, expected) => {
    const decided = await decideWeights('rowwise', small, () => Promise.resolve(exact));
    expect(decided).toEqual({ built: expected, reason: 'int8 rows' });
  });

  it('rounds to blocks of 8 bits in a small model and of 4 in a large one, unless told otherwise', async () => {
    const choices = ['blockwise', 'q8', 'q4', 'f32', 'rowwise'] as const;
    const all = (config: DecoderConfig) => Promise.all(choices.map((weights) => built(weights, config)));
    expect(await all(small)).toEqual(['q8', 'q8', 'q4', 'f32', 'rowwise']);
    expect(await all(large)).toEqual(['q4', 'q8', 'q4', 'f32', 'rowwise']);
  });

  it('counts a tied embedding once', async () => {
    // 1.9 billion weights, 2.1 with two tables.
    const between = { ...large, layers: 24, width: 2048, heads: 32, kvHeads: 32, headSize: 64 };
    const config = { ...between, feedForwardWidth: 8192, vocabularySize: 128_256 };
    expect(await built('blockwise', { ...config, tiedEmbeddings: true })).toBe('q8');
    expect(await built('blockwise', { ...config, tiedEmbeddings: false })).toBe('q4');
  });

  it('names choices in the cache, with the processor where that decides', () => {
    expect(weightsKey('q4')).toBe('q4');
    for (const weights of ['auto', 'rowwise'] as const) {
      expect(weightsKey(weights)).toMatch(new RegExp(`^${weights}-[0-9a-f]{8}$`));
      expect(weightsKey(weights)).toBe(weightsKey(weights));
    }
  });
});
