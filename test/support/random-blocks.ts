import { BLOCK_LAYOUTS } from '../../infra/onnx/graph/blocks/block-formats.js';
import { halfFloatBits } from '../../infra/onnx/graph/half-floats.js';
import { dequantise } from '../../infra/onnx/graph/weight-blocks.js';
import type { BlockFormat } from '../../src/core/checkpoint.js';
import { uniformNumbers } from './tiny-random.js';

interface Place {
  /** Where the binary16 scale of a block lies. */
  readonly scale: number;
  /** Where that of its minima lies, and how much larger it is so that weights are 0 on average. */
  readonly minimum?: readonly [at: number, times: number];
}

const places: Readonly<Record<BlockFormat, Place>> = {
  q8_0: { scale: 0 },
  q4_0: { scale: 0 },
  q4_1: { scale: 0, minimum: [2, -7.5] },
  q5_0: { scale: 0 },
  q5_1: { scale: 0, minimum: [2, -15.5] },
  q2_k: { scale: 80, minimum: [82, 1.5] },
  q3_k: { scale: 108 },
  q4_k: { scale: 0, minimum: [2, 7.5] },
  q5_k: { scale: 0, minimum: [2, 15.5] },
  q6_k: { scale: 208 },
  iq4_nl: { scale: 0 },
  iq4_xs: { scale: 0 },
};

/** Random bytes, but for the scales, that are `count` weights of about this standard deviation. */
export function randomBlocks(
  format: BlockFormat,
  count: number,
  seed: number,
  deviation: number,
): Uint8Array {
  const { scale, minimum } = places[format];
  const { weights, bytes: blockBytes } = BLOCK_LAYOUTS[format];
  const uniform = uniformNumbers(seed);
  const bytes = Uint8Array.from({ length: (count / weights) * blockBytes }, () => uniform() * 256);
  const view = new DataView(bytes.buffer);
  const setScales = (value: number): void => {
    for (let block = 0; block < bytes.length; block += blockBytes) {
      view.setUint16(block + scale, halfFloatBits(value), true);
      if (minimum !== undefined) view.setUint16(block + minimum[0], halfFloatBits(value * minimum[1]), true);
    }
  };
  setScales(1);
  const squares = dequantise({ format, rows: 1, columns: count, bytes }, format).map((value) => value ** 2);
  setScales(deviation / Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / count));
  return bytes;
}
