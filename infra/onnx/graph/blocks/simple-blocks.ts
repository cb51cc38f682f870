import { halfFloatAt } from '../half-floats.js';
import type { BlockLayout, UnpackedBlock } from './block-layout.js';

/** Blocks of 32 weights: binary16 scale, binary16 minimum (formats ending in 1), fifth bits (Q5), quants. */
const simple = { weights: 32, groupWeights: 32 } as const;

export const q4_0: BlockLayout = {
  ...simple,
  bytes: 18,
  quants: { least: -8, most: 7 },
  hasMinima: false,
  unpack: (bytes, at, to) => {
    to.scales[0] = halfFloatAt(bytes, at);
    unpackNibbles(bytes, at + 2, to, -8);
  },
};

export const q4_1: BlockLayout = {
  ...simple,
  bytes: 20,
  quants: { least: 0, most: 15 },
  hasMinima: true,
  unpack: (bytes, at, to) => {
    to.scales[0] = halfFloatAt(bytes, at);
    to.minima[0] = halfFloatAt(bytes, at + 2);
    unpackNibbles(bytes, at + 4, to, 0);
  },
};

export const q5_0: BlockLayout = {
  ...simple,
  bytes: 22,
  quants: { least: -16, most: 15 },
  hasMinima: false,
  unpack: (bytes, at, to) => {
    to.scales[0] = halfFloatAt(bytes, at);
    unpackNibbles(bytes, at + 6, to, -16);
    addFifthBits(bytes, at + 2, to);
  },
};

export const q5_1: BlockLayout = {
  ...simple,
  bytes: 24,
  quants: { least: 0, most: 31 },
  hasMinima: true,
  unpack: (bytes, at, to) => {
    to.scales[0] = halfFloatAt(bytes, at);
    to.minima[0] = halfFloatAt(bytes, at + 2);
    unpackNibbles(bytes, at + 8, to, 0);
    addFifthBits(bytes, at + 4, to);
  },
};

export const q8_0: BlockLayout = {
  ...simple,
  bytes: 34,
  quants: { least: -128, most: 127 },
  hasMinima: false,
  unpack: (bytes, at, { scales, quants }) => {
    scales[0] = halfFloatAt(bytes, at);
    for (let i = 0; i < 32; i++) quants[i] = bytes[at + 2 + i] as number;
  },
};

/** Byte i holds weights i (low) and i + 16 (high). */
function unpackNibbles(bytes: Uint8Array, at: number, { quants }: UnpackedBlock, lowest: number): void {
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + i] as number;
    quants[i] = (pair & 15) + lowest;
    quants[i + 16] = (pair >> 4) + lowest;
  }
}

/** Bit i of 32, little-endian, is worth 16 in weight i. */
function addFifthBits(bytes: Uint8Array, at: number, { quants }: UnpackedBlock): void {
  for (let i = 0; i < 32; i++) {
    const bit = ((bytes[at + (i >> 3)] as number) >> (i & 7)) & 1;
    quants[i] = (quants[i] as number) + 16 * bit;
  }
}
