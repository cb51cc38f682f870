/**
 * A decoder's weights as a reader (GGUF, safetensors) hands them to the graph builder: configuration, and
 * matrices by role that are read only when asked for.
 */
export interface DecoderConfig {
  readonly architecture: 'llama';
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  readonly vocabularySize: number;
  readonly contextTokens: number;
  readonly ropeBase: number;
  readonly rmsEpsilon: number;
  /** True: rows of q and k are stored for interleaved RoPE (GGUF); false: for half-split RoPE (Hugging Face). */
  readonly ropeInterleaved: boolean;
  /** The output projection is the embedding. */
  readonly tiedEmbeddings: boolean;
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
export type LayerNorm = 'attention' | 'feedForward';

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

export interface DecoderCheckpoint {
  readonly config: DecoderConfig;
  /** Hash of the source file(s). */
  readonly sourceHash: string;
  embedding(): StoredMatrix;
  /** Only when not tied. */
  output(): StoredMatrix;
  matrix(layer: number, which: LayerMatrix): StoredMatrix;
  norm(layer: number, which: LayerNorm): Float32Array;
  finalNorm(): Float32Array;
}
