import { type DecoderConfig, layerShapes } from '../../src/core/checkpoint.js';
import type { WeightChoice } from '../onnx/graph/build-options.js';

/**
 * What an import makes of weights. Blocks that a GGUF file has already stay as they are, unless all is `f32`.
 * - `blockwise`: floats become 8-bit blocks, in a large model 4-bit ones
 * - `q8`, `q4`: floats become blocks of that many bits
 * - `f32`: everything stays or becomes fp32
 */
export const IMPORT_WEIGHTS = ['blockwise', 'q8', 'q4', 'f32'] as const;
export type ImportWeights = (typeof IMPORT_WEIGHTS)[number];

export const DEFAULT_IMPORT_WEIGHTS: ImportWeights = 'blockwise';

/**
 * Models of this many weights or more get 4 bits by default. Rounding to Q4_0 costs a small model dearly (SmolLM2
 * 135M: perplexity + 24 %, with Q8_0 + 0.4 %) and a large one little, while from about here on 8 bits are more than
 * 2 GB, which every pass reads once.
 */
export const LARGE_MODEL_WEIGHTS = 2e9;

/** The form of the weights in the graph. */
export function builtWeights(weights: ImportWeights, config: DecoderConfig): WeightChoice {
  if (weights !== 'blockwise') return weights;
  return countWeights(config) >= LARGE_MODEL_WEIGHTS ? 'q4' : 'q8';
}

/** All matrices; gains do not count. */
function countWeights(config: DecoderConfig): number {
  const tables = (config.tiedEmbeddings ? 1 : 2) * config.vocabularySize * config.width;
  const shapes = Object.values(layerShapes(config));
  return tables + config.layers * shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
}
