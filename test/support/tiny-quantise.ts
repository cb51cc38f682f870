import { halfFloatBits, halfFloatTable } from '../../infra/onnx/graph/half-floats.js';
import type { NumberFormat } from '../../src/core/checkpoint.js';

const BLOCK = 32;

export type StorableFormat = NumberFormat | 'q8_0' | 'q4_0' | 'q4_1';

/** Floats in a stored form, as a GGUF or safetensors file holds them. Rows of block formats are multiples of 32. */
export function storeAs(values: Float32Array, format: StorableFormat): Uint8Array {
  switch (format) {
    case 'f32':
      return new Uint8Array(values.slice().buffer);
    case 'f16':
      return new Uint8Array(Uint16Array.from(values, halfFloatBits).buffer);
    case 'bf16':
      return new Uint8Array(
        Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16).buffer,
      );
    case 'q8_0':
      return joinBlocks(values, 34, storeQ8);
    case 'q4_0':
      return joinBlocks(values, 18, storeQ4);
    case 'q4_1':
      return joinBlocks(values, 20, storeQ4WithMinimum);
  }
}

type StoreBlock = (block: Float32Array, to: DataView) => void;

function joinBlocks(values: Float32Array, blockBytes: number, store: StoreBlock): Uint8Array {
  const bytes = new Uint8Array((values.length / BLOCK) * blockBytes);
  for (let block = 0; block * BLOCK < values.length; block++) {
    const part = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    store(part, new DataView(bytes.buffer, block * blockBytes, blockBytes));
  }
  return bytes;
}

function storeQ8(block: Float32Array, to: DataView): void {
  const scale = storeHalf(to, 0, Math.max(...block.map(Math.abs)) / 127);
  block.forEach((value, j) => {
    to.setInt8(2 + j, Math.max(-127, Math.min(127, Math.round(value / scale))));
  });
}

function storeQ4(block: Float32Array, to: DataView): void {
  const scale = storeHalf(to, 0, Math.max(...block.map(Math.abs)) / 7);
  storeNibbles(to, 2, block, (value) => Math.round(value / scale) + 8);
}

function storeQ4WithMinimum(block: Float32Array, to: DataView): void {
  const lowest = Math.min(...block);
  const scale = storeHalf(to, 0, (Math.max(...block) - lowest) / 15);
  const minimum = storeHalf(to, 2, lowest);
  storeNibbles(to, 4, block, (value) => Math.round((value - minimum) / scale));
}

function storeNibbles(
  to: DataView,
  at: number,
  block: Float32Array,
  quantise: (value: number) => number,
): void {
  const nibble = (j: number) => Math.max(0, Math.min(15, quantise(block[j] as number)));
  for (let j = 0; j < 16; j++) to.setUint8(at + j, nibble(j) | (nibble(j + 16) << 4));
}

/** Stores the nearest binary16 and returns what was stored. */
function storeHalf(to: DataView, at: number, value: number): number {
  const bits = halfFloatBits(value);
  to.setUint16(at, bits, true);
  return halfFloatTable()[bits] as number;
}
