import { toWeights } from '../../infra/onnx/graph/weights.js';
import type { DecoderCheckpoint, DecoderConfig, LayerMatrix } from '../../src/core/checkpoint.js';

/** Logits after each of `tokens`, by plain loops in double precision: what a decoder is defined to compute. */
export function referenceLogits(checkpoint: DecoderCheckpoint, tokens: readonly number[]): number[][] {
  const { config } = checkpoint;
  const { width, heads, kvHeads, headSize, feedForwardWidth, vocabularySize } = config;
  const floats = (stored: Parameters<typeof toWeights>[0]) => {
    const weights = toWeights(stored, 'f32');
    if (weights.kind !== 'float') throw new Error('not floats');
    return weights.values;
  };
  const embedding = floats(checkpoint.embedding());
  const head = config.tiedEmbeddings ? embedding : floats(checkpoint.output());
  let stream = tokens.map((token) => [...embedding.subarray(token * width, (token + 1) * width)]);
  for (let layer = 0; layer < config.layers; layer++) {
    const matrix = (which: LayerMatrix) => floats(checkpoint.matrix(layer, which));
    const before = stream.map((x) =>
      rmsNorm(x, checkpoint.vector(layer, 'attentionNorm'), config.rmsEpsilon),
    );
    const projected = (which: 'q' | 'k' | 'v', count: number) => {
      const weights = matrix(which);
      const bias = config.attentionBiases ? [...checkpoint.vector(layer, `${which}Bias`)] : undefined;
      return before.map((x) => {
        const product = multiply(weights, x, count * headSize);
        return bias === undefined ? product : add(product, bias);
      });
    };
    const rotated = (which: 'q' | 'k', count: number) => {
      const gain = config.headNorms && checkpoint.vector(layer, which === 'q' ? 'queryNorm' : 'keyNorm');
      const normed = (x: number[]) => (gain ? normHeads(x, gain, config.rmsEpsilon) : x);
      return projected(which, count).map((x, position) => rotate(normed(x), count, position, config));
    };
    const [q, k] = [rotated('q', heads), rotated('k', kvHeads)];
    const v = projected('v', kvHeads);
    const outputWeights = matrix('o');
    const [gate, up, down] = [matrix('gate'), matrix('up'), matrix('down')];
    stream = stream.map((x, position) => {
      const mixed = attend(q[position] as number[], k, v, position, heads, kvHeads, headSize);
      const middle = add(x, multiply(outputWeights, mixed, width));
      const normed = rmsNorm(middle, checkpoint.vector(layer, 'feedForwardNorm'), config.rmsEpsilon);
      const gates = multiply(gate, normed, feedForwardWidth);
      const ups = multiply(up, normed, feedForwardWidth);
      const product = gates.map((g, i) => (g / (1 + Math.exp(-g))) * (ups[i] as number));
      return add(middle, multiply(down, product, width));
    });
  }
  return stream.map((x) =>
    multiply(head, rmsNorm(x, checkpoint.finalNorm(), config.rmsEpsilon), vocabularySize),
  );
}

function attend(
  query: readonly number[],
  keys: readonly number[][],
  values: readonly number[][],
  position: number,
  heads: number,
  kvHeads: number,
  size: number,
): number[] {
  const mixed = new Array<number>(heads * size).fill(0);
  for (let h = 0; h < heads; h++) {
    const from = Math.floor((h * kvHeads) / heads) * size;
    const scores: number[] = [];
    for (let p = 0; p <= position; p++) {
      let score = 0;
      for (let i = 0; i < size; i++) score += at(query, h * size + i) * at(keys[p], from + i);
      scores.push(score / Math.sqrt(size));
    }
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const sum = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, p) => {
      for (let i = 0; i < size; i++)
        mixed[h * size + i] = at(mixed, h * size + i) + (weight / sum) * at(values[p], from + i);
    });
  }
  return mixed;
}

function rotate(x: number[], heads: number, position: number, config: DecoderConfig): number[] {
  const size = x.length / heads;
  const half = size / 2;
  const rotated = [...x];
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < half; i++) {
      const divisor = config.ropeDivisors?.[i] ?? 1;
      const angle = (position * config.ropeBase ** ((-2 * i) / size)) / divisor;
      const [a, b] = config.ropeInterleaved
        ? [h * size + 2 * i, h * size + 2 * i + 1]
        : [h * size + i, h * size + i + half];
      rotated[a] = at(x, a) * Math.cos(angle) - at(x, b) * Math.sin(angle);
      rotated[b] = at(x, a) * Math.sin(angle) + at(x, b) * Math.cos(angle);
    }
  }
  return rotated;
}

function multiply(weights: Float32Array, x: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += (weights[row * x.length + i] as number) * at(x, i);
    return sum;
  });
}

function rmsNorm(x: readonly number[], gain: Float32Array, epsilon: number): number[] {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value / Math.sqrt(mean + epsilon)) * (gain[i] as number));
}

function normHeads(x: readonly number[], gain: Float32Array, epsilon: number): number[] {
  const heads = Array.from({ length: x.length / gain.length }, (_, head) =>
    rmsNorm(x.slice(head * gain.length, (head + 1) * gain.length), gain, epsilon),
  );
  return heads.flat();
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + at(b, i));
}

function at(list: readonly number[] | undefined, index: number): number {
  return list?.[index] as number;
}
