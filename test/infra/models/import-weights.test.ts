import { describe, expect, it } from 'vitest';
import { builtWeights, IMPORT_WEIGHTS } from '../../../infra/models/import-weights.js';
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

describe('builtWeights', () => {
  it('rounds to 8 bits in a small model and to 4 in a large one, unless told otherwise', () => {
    expect(IMPORT_WEIGHTS.map((weights) => builtWeights(weights, small))).toEqual(['q8', 'q8', 'q4', 'f32']);
    expect(IMPORT_WEIGHTS.map((weights) => builtWeights(weights, large))).toEqual(['q4', 'q8', 'q4', 'f32']);
  });

  it('counts a tied embedding once', () => {
    // 1.9 billion weights, 2.1 with two tables.
    const between = { ...large, layers: 24, width: 2048, heads: 32, kvHeads: 32, headSize: 64 };
    const config = { ...between, feedForwardWidth: 8192, vocabularySize: 128_256 };
    expect(builtWeights('blockwise', { ...config, tiedEmbeddings: true })).toBe('q8');
    expect(builtWeights('blockwise', { ...config, tiedEmbeddings: false })).toBe('q4');
  });
});
