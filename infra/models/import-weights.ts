import { createHash } from 'node:crypto';
import { arch, cpus } from 'node:os';
import { type DecoderConfig, layerShapes } from '../../src/core/checkpoint.js';
import { type ByteType, ROWS_STORED_AS, type WeightChoice } from '../onnx/graph/build-options.js';
import { LONGEST_INT8_ROW } from '../onnx/graph/int8-weights.js';

/**
 * What an import makes of weights.
 * - `auto`: `rowwise` where this processor multiplies 8-bit integers exactly, else `blockwise`
 * - `rowwise`: int8 with a scale per output, stored as uint8 where only those products are exact; a pass over 16 tokens
 *   takes 1.4 times as long as one over a single token with VNNI or AMX, 2.4 times with AVX2 alone
 * - `blockwise`: floats become 8-bit blocks, in a large model 4-bit ones; blocks of a GGUF file stay as they are
 * - `q8`, `q4`: the same with as many bits as they say
 * - `f32`: everything fp32
 */
export const IMPORT_WEIGHTS = ['auto', 'rowwise', 'blockwise', 'q8', 'q4', 'f32'] as const;
export type ImportWeights = (typeof IMPORT_WEIGHTS)[number];

export const DEFAULT_IMPORT_WEIGHTS: ImportWeights = 'auto';

/**
 * Models of this many weights or more get 4-bit blocks by default. Rounding to Q4_0 costs a small model dearly
 * (SmolLM2 135M: perplexity + 24 %, with Q8_0 + 0.4 %) and a large one little, while from about here on 8 bits are
 * more than 2 GB, which every pass reads once.
 */
const LARGE_MODEL_WEIGHTS = 2e9;

export interface WeightDecision {
  readonly built: WeightChoice;
  /** What the weights become, and why, for a person. */
  readonly reason: string;
}

/** The form of the weights in the graph. What is exact on this processor is asked when that decides. */
export async function decideWeights(
  weights: ImportWeights,
  config: DecoderConfig,
  exactByteWeights: () => Promise<ByteType | undefined>,
): Promise<WeightDecision> {
  switch (weights) {
    case 'rowwise':
      return { built: ROWS_STORED_AS[(await exactByteWeights()) ?? 'int8'], reason: 'int8 rows' };
    case 'blockwise':
      return blocks(config);
    case 'q8':
    case 'q4':
      return { built: weights, reason: `blocks of ${weights === 'q8' ? 8 : 4} bits` };
    case 'f32':
      return { built: 'f32', reason: 'fp32' };
    case 'auto': {
      const { built, reason } = blocks(config);
      if (longestRow(config) > LONGEST_INT8_ROW)
        return { built, reason: `${reason}: too wide for int8 rows` };
      const type = await exactByteWeights();
      if (type === undefined)
        return { built, reason: `${reason}: this processor's 8-bit products are not exact` };
      const exact = `this processor's products with ${type} weights are exact`;
      return { built: ROWS_STORED_AS[type], reason: `int8 rows: ${exact}` };
    }
  }
}

/**
 * Names a choice in the cache: what `auto` and `rowwise` decide depends on the processor, and a cache may be shared by
 * machines with different ones.
 */
export function weightsKey(weights: ImportWeights): string {
  if (weights !== 'auto' && weights !== 'rowwise') return weights;
  const processor = `${arch()} ${cpus()[0]?.model ?? ''}`;
  return `${weights}-${createHash('sha256').update(processor).digest('hex').slice(0, 8)}`;
}

function blocks(config: DecoderConfig): WeightDecision {
  return countWeights(config) >= LARGE_MODEL_WEIGHTS
    ? { built: 'q4', reason: 'blocks, floats of 4 bits' }
    : { built: 'q8', reason: 'blocks, floats of 8 bits' };
}

function longestRow(config: DecoderConfig): number {
  return Math.max(...Object.values(layerShapes(config)).map(([, columns]) => columns));
}

/** All matrices; gains do not count. */
function countWeights(config: DecoderConfig): number {
  const tables = (config.tiedEmbeddings ? 1 : 2) * config.vocabularySize * config.width;
  const shapes = Object.values(layerShapes(config));
  return tables + config.layers * shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
}
