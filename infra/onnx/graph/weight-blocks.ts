import type { StoredMatrix } from '../../../src/core/checkpoint.js';
import { halfFloatTable } from './half-floats.js';

/** Weights per block along a row, in GGUF's simple quantisations and here. */
export const BLOCK = 32;

/**
 * Weights in blocks of 32 along a row, as com.microsoft MatMulNBits takes them:
 * weight = scale x (quant - zero) + offset, zero being 128 (8 bits) or 8 (4 bits).
 */
export interface BlockWeights {
  readonly kind: 'blocks';
  readonly bits: 4 | 8;
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

export type BlockFormat = 'q8_0' | 'q4_0' | 'q4_1';

/** Bytes of a block of 32 in GGUF: the scale (and minimum) as binary16, then the quants. */
export const BLOCK_BYTES: Readonly<Record<BlockFormat, number>> = { q8_0: 34, q4_0: 18, q4_1: 20 };

/** GGUF blocks -> MatMulNBits blocks; exact for each of the three formats. */
export function blocksFromStored(matrix: StoredMatrix, format: BlockFormat): BlockWeights {
  const { rows, columns, bytes } = matrix;
  const count = (rows * columns) / BLOCK;
  const half = halfFloatTable();
  const scales = new Float32Array(count);
  const halfAt = (at: number) => half[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
  if (format === 'q8_0') {
    const quants = new Uint8Array(count * 32);
    for (let block = 0, at = 0; block < count; block++, at += 34) {
      scales[block] = halfAt(at);
      const to = block * 32;
      for (let j = 0; j < 32; j++) quants[to + j] = (bytes[at + 2 + j] as number) ^ 0x80;
    }
    return { kind: 'blocks', bits: 8, rows, columns, quants, scales, offsets: undefined };
  }
  const quants = new Uint8Array(count * 16);
  const blockBytes = BLOCK_BYTES[format];
  for (let block = 0, at = 0; block < count; block++, at += blockBytes) {
    scales[block] = halfAt(at);
    reorderNibbles(bytes, at + blockBytes - 16, quants, block * 16);
  }
  let offsets: Float32Array | undefined;
  if (format === 'q4_1') {
    offsets = new Float32Array(count);
    for (let block = 0; block < count; block++)
      offsets[block] = halfAt(block * blockBytes + 2) + 8 * (scales[block] as number);
  }
  return { kind: 'blocks', bits: 4, rows, columns, quants, scales, offsets };
}

/** From byte j = elements j and j + 16 (GGUF) to byte j = elements 2j and 2j + 1. */
function reorderNibbles(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number): void {
  for (let j = 0; j < 8; j++) {
    const even = from[fromAt + 2 * j] as number;
    const odd = from[fromAt + 2 * j + 1] as number;
    to[toAt + j] = (even & 15) | ((odd & 15) << 4);
    to[toAt + 8 + j] = (even >> 4) | (odd & 0xf0);
  }
}

export function dequantise(weights: BlockWeights): Float32Array {
  const quants = bytePerQuant(weights);
  const zero = zeroPoint(weights.bits);
  const values = new Float32Array(quants.length);
  for (let block = 0; block < weights.scales.length; block++) {
    const scale = weights.scales[block] as number;
    const offset = weights.offsets?.[block] ?? 0;
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++)
      values[i] = scale * ((quants[i] as number) - zero) + offset;
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
