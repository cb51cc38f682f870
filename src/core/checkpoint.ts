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

export type WeightFormat = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4_0' | 'q4_1';

/**
 * A matrix of `rows` x `columns` (columns = inputs, contiguous), as it is stored: GGUF blocks of 32 along a row, or
 * little-endian numbers.
 */
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
