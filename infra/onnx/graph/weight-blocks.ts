import type { BlockFormat, StoredMatrix } from '../../../src/core/checkpoint.js';
import { BLOCK_LAYOUTS } from './blocks/block-formats.js';
import { newBlock } from './blocks/block-layout.js';

/**
 * Weights in blocks along a row, as com.microsoft MatMulNBits takes them:
 * weight = scale x (quant - zero) + offset, zero being 128 (8 bits) or 8 (4 bits).
 */
export interface BlockWeights {
  readonly kind: 'blocks';
  readonly bits: 4 | 8;
  /** Weights per block. */
  readonly block: 16 | 32;
  readonly rows: number;
  readonly columns: number;
  /** Unsigned; with 4 bits byte j of a block holds elements 2j (low) and 2j + 1 (high). */
  readonly quants: Uint8Array;
  /** One per block. */
  readonly scales: Float32Array;
  /** One per block; undefined: all zero. */
  readonly offsets: Float32Array | undefined;
}

/** The quant that stands for 0 before the offset: MatMulNBits's default zero point. */
export function zeroPoint(bits: 4 | 8): number {
  return bits === 8 ? 128 : 8;
}

/**
 * GGUF blocks -> MatMulNBits blocks: 4 bits where a format's quants fit, else 8. Exact, but for one rounding to float32 of
 * offsets: where a format has minima its quants start at 0, and what activations lose when they are rounded to 8 bits is
 * multiplied by the quants, so these are centred. Uncentred, Q5_K_M loses four times as much (KL .0108, not .0024).
 */
export function blocksFromStored(matrix: StoredMatrix, format: BlockFormat): BlockWeights {
  const { rows, columns, bytes } = matrix;
  const layout = BLOCK_LAYOUTS[format];
  const { least, most } = layout.quants;
  const bits = most - least < 16 ? 4 : 8;
  const shift = layout.hasMinima ? (most + 1) / 2 : 0;
  const toStored = zeroPoint(bits) - shift;
  const count = rows * columns;
  const groups = layout.weights / layout.groupWeights;
  const quants = new Uint8Array((count * bits) / 8);
  const scales = new Float32Array(count / layout.groupWeights);
  const offsets = layout.hasMinima ? new Float32Array(scales.length) : undefined;
  const block = newBlock(layout);
  for (let done = 0, at = 0, group = 0; done < count; done += layout.weights, at += layout.bytes) {
    layout.unpack(bytes, at, block);
    storeQuants(block.quants, toStored, bits, quants, done);
    for (let g = 0; g < groups; g++, group++) {
      const scale = block.scales[g] as number;
      scales[group] = scale;
      if (offsets !== undefined) offsets[group] = (block.minima[g] as number) + shift * scale;
    }
  }
  return { kind: 'blocks', bits, block: layout.groupWeights, rows, columns, quants, scales, offsets };
}

function storeQuants(from: Int8Array, add: number, bits: 4 | 8, to: Uint8Array, start: number): void {
  if (bits === 8) {
    for (let i = 0; i < from.length; i++) to[start + i] = (from[i] as number) + add;
  } else {
    for (let i = 0; i < from.length; i += 2)
      to[(start + i) / 2] = ((from[i] as number) + add) | (((from[i + 1] as number) + add) << 4);
  }
}

/** The weights that GGUF blocks stand for, as ggml computes them, bit for bit but for the sign of zeros. */
export function dequantise({ rows, columns, bytes }: StoredMatrix, format: BlockFormat): Float32Array {
  const layout = BLOCK_LAYOUTS[format];
  const values = new Float32Array(rows * columns);
  const block = newBlock(layout);
  for (let done = 0, at = 0; done < values.length; done += layout.weights, at += layout.bytes) {
    layout.unpack(bytes, at, block);
    for (let start = 0, g = 0; start < layout.weights; start += layout.groupWeights, g++) {
      const scale = block.scales[g] as number;
      const minimum = block.minima[g] as number;
      for (let i = start; i < start + layout.groupWeights; i++)
        values[done + i] = scale * (block.quants[i] as number) + minimum;
    }
  }
  return values;
}

/** The quants with one byte each. */
export function bytePerQuant({ bits, quants }: BlockWeights): Uint8Array {
  if (bits === 8) return quants;
  const bytes = new Uint8Array(quants.length * 2);
  for (let i = 0; i < quants.length; i++) {
    const pair = quants[i] as number;
    bytes[2 * i] = pair & 15;
    bytes[2 * i + 1] = pair >> 4;
  }
  return bytes;
}
