import type { LayerNorm } from '../../../src/core/checkpoint.js';

/** A decoder's weights in a graph that is being written, as the operators that multiply by them. */
export interface Projections {
  /** Whether a pass over two tokens costs what one over a single token does. */
  readonly secondTokenIsFree: boolean;
  /** Rows of the embedding: ids [1, n] -> [1, n, width]. */
  embed(ids: string): string;
  /** [width] */
  gain(layer: number, which: LayerNorm): Float32Array;
  /** [width] */
  finalGain(): Float32Array;
  /** x [1, n, width] -> queries, keys and values of all heads side by side, without biases. */
  attentionInput(layer: number, x: string): string;
  /** What is to be added to those; only where the model has biases. */
  attentionBiases(layer: number): Float32Array;
  /** x [1, n, heads x head size] -> [1, n, width] */
  attentionOutput(layer: number, x: string): string;
  /** x [1, n, width] -> down(silu(gate x) * up x) [1, n, width] (SwiGLU; Shazeer, arXiv 2002.05202) */
  feedForward(layer: number, x: string): string;
  /** [1, r, width] -> [1, r, vocabulary] */
  logits(hidden: string): string;
}
