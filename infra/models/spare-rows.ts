import type { DecoderCheckpoint, StoredMatrix } from '../../src/core/checkpoint.js';

/**
 * A checkpoint whose embedding and output projection have no rows besides those of the tokenizer's ids, 0..tokens - 1.
 * Many models have some, to make a number of rows that divides well (Qwen2.5: 151,936 for 151,665 ids). They are never
 * read or picked, but the two largest logits that a graph returns are of all its rows: with spare ones a greedy text
 * would need all logits after each token.
 */
export function withoutSpareRows(checkpoint: DecoderCheckpoint, tokens: number): DecoderCheckpoint {
  const { config } = checkpoint;
  if (tokens >= config.vocabularySize) return checkpoint;
  return {
    ...checkpoint,
    config: { ...config, vocabularySize: tokens },
    embedding: () => firstRows(checkpoint.embedding(), tokens),
    output: () => firstRows(checkpoint.output(), tokens),
  };
}

function firstRows(matrix: StoredMatrix, rows: number): StoredMatrix {
  return { ...matrix, rows, bytes: matrix.bytes.subarray(0, (matrix.bytes.length / matrix.rows) * rows) };
}
