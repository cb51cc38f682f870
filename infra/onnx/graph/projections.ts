import type { LayerMatrix, LayerNorm } from '../../../src/core/checkpoint.js';

/** A decoder's weights in a graph that is being written, as the operators that multiply by them. */
export interface Projections {
  /** Rows of the embedding: ids [1, n] -> [1, n, width]. */
  embed(ids: string): string;
  /** [width] */
  gain(layer: number, which: LayerNorm): Float32Array;
  /** [width] */
  finalGain(): Float32Array;
  /** x [1, n, columns] by matrices that take the same input; their outputs side by side: [1, n, sum of rows]. */
  project(layer: number, which: readonly LayerMatrix[], x: string): string;
  /** [1, r, width] -> [1, r, vocabulary] */
  logits(hidden: string): string;
}
