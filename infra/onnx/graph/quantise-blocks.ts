import { nearestHalf } from './half-floats.js';
import type { BlockWeights } from './weight-blocks.js';

/** Weights per block where floats are rounded. */
export const BLOCK = 32;

/** Blocks for `rows` x `columns` weights, to be filled by `quantiseBlocks`. `columns` is a multiple of 32. */
export function emptyBlocks(bits: 4 | 8, rows: number, columns: number): BlockWeights {
  const count = rows * columns;
  const quants = new Uint8Array((count * bits) / 8);
  const scales = new Float32Array(count / BLOCK);
  return { kind: 'blocks', bits, block: BLOCK, rows, columns, quants, scales, offsets: undefined };
}

/**
 * Rounds `values` (whole blocks) into `target` from its element `start` on, as GGUF's Q8_0 and Q4_0 are defined
 * (ggml-quants.c, quantize_row_q8_0_ref and quantize_row_q4_0_ref): a block's scale is its largest size / 127 with
 * 8 bits, its value of largest size / -8 with 4 bits, rounded to binary16. Quants are the nearest multiples of the
 * rounded scale. Weights that are whole multiples of some binary16 already keep their values, bit for bit. A block
 * with a value that is not finite gets a scale that is not.
 */
export function quantiseBlocks(values: Float32Array, target: BlockWeights, start: number): void {
  const { bits, quants, scales } = target;
  for (let at = 0; at < values.length; at += BLOCK) {
    const scale = blockScale(values, at, bits);
    scales[(start + at) / BLOCK] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    if (bits === 8) {
      for (let i = at; i < at + BLOCK; i++)
        quants[start + i] = nearest((values[i] as number) * inverse, -127, 127) + 128;
    } else {
      for (let i = at; i < at + BLOCK; i += 2) {
        const low = nearest((values[i] as number) * inverse, -8, 7) + 8;
        const high = nearest((values[i + 1] as number) * inverse, -8, 7) + 8;
        quants[(start + i) / 2] = low | (high << 4);
      }
    }
  }
}

/** The nearest integer within bounds of at most 1000, by way of integers: faster than Math.round. */
function nearest(multiple: number, least: number, most: number): number {
  const rounded = ((multiple + 1024.5) | 0) - 1024;
  return Math.max(least, Math.min(most, rounded));
}

function blockScale(values: Float32Array, at: number, bits: 4 | 8): number {
  let first = at;
  let size = 0;
  let nothing = 0;
  for (let i = at; i < at + BLOCK; i++) {
    const value = Math.abs(values[i] as number);
    nothing += value * 0;
    if (value > size) {
      size = value;
      first = i;
    }
  }
  // Infinity and NaN times 0 are NaN.
  if (nothing !== 0) return Number.NaN;
  if (size === 0) return 0;
  const exact = exactScale(values, at, size, bits === 8 ? 127 : 7);
  return exact ?? nearestHalf(bits === 8 ? size / 127 : (values[first] as number) / -8);
}

/**
 * The binary16 of which all values of a block are whole multiples, none more than `most` times it; undefined where
 * there is none. Euclid's algorithm, exact since remainders of floats are; for weights never rounded before it
 * ends after a value or two.
 */
function exactScale(values: Float32Array, at: number, size: number, most: number): number | undefined {
  let step = size;
  for (let j = 0; j < BLOCK; j++) {
    let rest = Math.abs(values[at + j] as number);
    while (rest > 0) {
      const next = step % rest;
      step = rest;
      rest = next;
      if (step * most < size) return undefined;
    }
  }
  // What are multiples by 2, 4 and 6 of a scale have a step of twice that scale.
  for (let parts = 1; size * parts <= step * most; parts++) {
    const scale = nearestHalf(step / parts);
    if (scale * parts === step) return scale;
  }
  return undefined;
}
