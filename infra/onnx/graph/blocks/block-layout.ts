/**
 * How a GGUF format lays a block of weights out in bytes. Whatever the format, weight i of a block is
 * scales[g] x quants[i] + minima[g], g being the group of weights that share a scale. Layouts are those of
 * ggml-common.h, formulas those of ggml-quants.c (dequantize_row_*; https://github.com/ggml-org/llama.cpp, MIT).
 */
export interface BlockLayout {
  /** Weights per block, along a row. */
  readonly weights: 32 | 256;
  readonly bytes: number;
  /** Weights that share a scale and a minimum. */
  readonly groupWeights: 16 | 32;
  readonly quants: { readonly least: number; readonly most: number };
  readonly hasMinima: boolean;
  /** Takes the block that starts at byte `at` apart; `to` keeps minima of 0 where the format has none. */
  readonly unpack: (bytes: Uint8Array, at: number, to: UnpackedBlock) => void;
}

/** Scales and minima are products of a binary16 and an integer of 8 bits at most, which float32 holds exactly. */
export interface UnpackedBlock {
  /** [weights] */
  readonly quants: Int8Array;
  /** [weights / groupWeights] */
  readonly scales: Float32Array;
  /** [weights / groupWeights] */
  readonly minima: Float32Array;
}

/** To be filled by `unpack`, again and again. */
export function newBlock({ weights, groupWeights }: BlockLayout): UnpackedBlock {
  const groups = weights / groupWeights;
  return {
    quants: new Int8Array(weights),
    scales: new Float32Array(groups),
    minima: new Float32Array(groups),
  };
}
