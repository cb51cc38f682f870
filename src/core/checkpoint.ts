/** What a decoder computes besides its weights: Llama's layers, with what its relatives add to them. */
export interface DecoderConfig {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  readonly vocabularySize: number;
  readonly contextTokens: number;
  readonly ropeBase: number;
  /**
   * What each of the headSize / 2 frequencies ropeBase ^ (-2 i / headSize) is divided by, to reach beyond the context
   * of the first training (see ropeDivisors); undefined: 1.
   */
  readonly ropeDivisors: readonly number[] | undefined;
  readonly rmsEpsilon: number;
  /** True: rows of q and k are stored for interleaved RoPE (GGUF); false: for half-split RoPE (Hugging Face). */
  readonly ropeInterleaved: boolean;
  /** The output projection is the embedding. */
  readonly tiedEmbeddings: boolean;
  /** Queries, keys and values have biases (Qwen2, arXiv 2407.10671). */
  readonly attentionBiases: boolean;
  /** Each head's queries and keys are normed before they are rotated by position (Qwen3, arXiv 2505.09388). */
  readonly headNorms: boolean;
}

/** Little-endian numbers. */
export type NumberFormat = 'f32' | 'f16' | 'bf16';

/** GGUF's quantised blocks of 32 or, with K and IQ4_XS, 256 weights along a row. */
export type BlockFormat =
  | 'q8_0'
  | 'q4_0'
  | 'q4_1'
  | 'q5_0'
  | 'q5_1'
  | 'q2_k'
  | 'q3_k'
  | 'q4_k'
  | 'q5_k'
  | 'q6_k'
  | 'iq4_nl'
  | 'iq4_xs';

export type WeightFormat = NumberFormat | BlockFormat;

/** A matrix of `rows` x `columns` (columns = inputs, contiguous), as it is stored. */
export interface StoredMatrix {
  readonly format: WeightFormat;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: Uint8Array;
}

export type LayerMatrix = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';
/** Gains of a layer's norms, and biases. */
export type LayerVector = 'attentionNorm' | 'feedForwardNorm' | HeadNorm | AttentionBias;
/** Norms of the residual stream. */
export type LayerNorm = Extract<LayerVector, 'attentionNorm' | 'feedForwardNorm'>;
/** One for all heads of a layer. */
export type HeadNorm = 'queryNorm' | 'keyNorm';
/** In the order of the matrices whose results they are added to. */
export const ATTENTION_BIASES = ['qBias', 'kBias', 'vBias'] as const;
export type AttentionBias = (typeof ATTENTION_BIASES)[number];

/** Rows (outputs) and columns (inputs) of the matrices of every layer. */
export function layerShapes(
  config: DecoderConfig,
): Readonly<Record<LayerMatrix, readonly [rows: number, columns: number]>> {
  const { width, feedForwardWidth } = config;
  const queries = config.heads * config.headSize;
  const keys = config.kvHeads * config.headSize;
  return {
    q: [queries, width],
    k: [keys, width],
    v: [keys, width],
    o: [width, queries],
    gate: [feedForwardWidth, width],
    up: [feedForwardWidth, width],
    down: [width, feedForwardWidth],
  };
}

/** The vectors that every layer has, and their lengths. */
export function layerVectors(config: DecoderConfig): ReadonlyMap<LayerVector, number> {
  const { width, headSize } = config;
  const vectors = new Map<LayerVector, number>([
    ['attentionNorm', width],
    ['feedForwardNorm', width],
  ]);
  if (config.headNorms) vectors.set('queryNorm', headSize).set('keyNorm', headSize);
  if (config.attentionBiases) {
    const keys = config.kvHeads * headSize;
    vectors
      .set('qBias', config.heads * headSize)
      .set('kBias', keys)
      .set('vBias', keys);
  }
  return vectors;
}

/**
 * A decoder's weights as a reader (GGUF, safetensors) hands them to the graph builder: configuration, and matrices and
 * vectors by role that are read only when asked for.
 */
export interface DecoderCheckpoint {
  readonly config: DecoderConfig;
  /** Hash of the source file(s). */
  readonly sourceHash: string;
  embedding(): StoredMatrix;
  /** Only when not tied. */
  output(): StoredMatrix;
  matrix(layer: number, which: LayerMatrix): StoredMatrix;
  /** Only those of `layerVectors`. */
  vector(layer: number, which: LayerVector): Float32Array;
  finalNorm(): Float32Array;
}
