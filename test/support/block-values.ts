import { type BlockWeights, bytePerQuant, zeroPoint } from '../../infra/onnx/graph/weight-blocks.js';

/** The weights that blocks of a graph stand for, by their definition. */
export function blockValues(weights: BlockWeights): Float32Array {
  const zero = zeroPoint(weights.bits);
  return Float32Array.from(bytePerQuant(weights), (quant, i) => {
    const block = Math.floor(i / weights.block);
    return (weights.scales[block] as number) * (quant - zero) + (weights.offsets?.[block] ?? 0);
  });
}
