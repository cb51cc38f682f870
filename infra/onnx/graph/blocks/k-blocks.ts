import { halfFloatAt } from '../half-floats.js';
import type { BlockLayout } from './block-layout.js';
import { unpackScales3, unpackScalesAndMinima } from './k-scales.js';

/**
 * Blocks of 256 weights, in groups whose scales (and minima) are small integers times a binary16 of the block.
 * Where a weight's bits lie in several fields, each field goes over the block in runs of 32 or 64 bytes.
 */
const superBlock = { weights: 256 } as const;

/** 16 bytes of scales (low 4 bits) and minima (high), 64 of quants, scale, scale of the minima. */
export const q2_k: BlockLayout = {
  ...superBlock,
  groupWeights: 16,
  bytes: 84,
  quants: { least: 0, most: 3 },
  hasMinima: true,
  unpack: (bytes, at, { quants, scales, minima }) => {
    const scale = halfFloatAt(bytes, at + 80);
    const minimum = halfFloatAt(bytes, at + 82);
    for (let group = 0; group < 16; group++) {
      const both = bytes[at + group] as number;
      scales[group] = scale * (both & 15);
      minima[group] = -minimum * (both >> 4);
    }
    for (let i = 0; i < 256; i++) quants[i] = twoBits(bytes, at + 16, i);
  },
};

/** 32 bytes of third bits, 64 of quants, 12 of scales, scale. */
export const q3_k: BlockLayout = {
  ...superBlock,
  groupWeights: 16,
  bytes: 110,
  quants: { least: -4, most: 3 },
  hasMinima: false,
  unpack: (bytes, at, { quants, scales }) => {
    unpackScales3(bytes, at + 96, halfFloatAt(bytes, at + 108), scales);
    for (let i = 0; i < 256; i++) {
      const third = ((bytes[at + (i & 31)] as number) >> (i >> 5)) & 1;
      quants[i] = twoBits(bytes, at + 32, i) + 4 * third - 4;
    }
  },
};

/** Scale, scale of the minima, 12 bytes of scales and minima, 128 of quants. */
export const q4_k: BlockLayout = {
  ...superBlock,
  groupWeights: 32,
  bytes: 144,
  quants: { least: 0, most: 15 },
  hasMinima: true,
  unpack: (bytes, at, { quants, scales, minima }) => {
    unpackScalesAndMinima(bytes, at, scales, minima);
    for (let i = 0; i < 256; i++) quants[i] = nibble(bytes, at + 16, i, 32);
  },
};

/** As Q4_K, with 32 bytes of fifth bits before the quants. */
export const q5_k: BlockLayout = {
  ...superBlock,
  groupWeights: 32,
  bytes: 176,
  quants: { least: 0, most: 31 },
  hasMinima: true,
  unpack: (bytes, at, { quants, scales, minima }) => {
    unpackScalesAndMinima(bytes, at, scales, minima);
    for (let i = 0; i < 256; i++) {
      const fifth = ((bytes[at + 16 + (i & 31)] as number) >> (i >> 5)) & 1;
      quants[i] = nibble(bytes, at + 48, i, 32) + 16 * fifth;
    }
  },
};

/** 128 bytes of low 4 bits, 64 of high 2 bits, 16 scales of one signed byte, scale. */
export const q6_k: BlockLayout = {
  ...superBlock,
  groupWeights: 16,
  bytes: 210,
  quants: { least: -32, most: 31 },
  hasMinima: false,
  unpack: (bytes, at, { quants, scales }) => {
    const scale = halfFloatAt(bytes, at + 208);
    for (let group = 0; group < 16; group++)
      scales[group] = scale * (((bytes[at + 192 + group] as number) << 24) >> 24);
    for (let i = 0; i < 256; i++)
      quants[i] = nibble(bytes, at, i, 64) + 16 * twoBits(bytes, at + 128, i) - 32;
  },
};

/** Weight i of a field of 4 bits each: runs of `run` bytes hold `run` weights in their low halves, then in their high. */
function nibble(bytes: Uint8Array, at: number, i: number, run: 32 | 64): number {
  const half = Math.floor(i / run);
  const byte = bytes[at + (half >> 1) * run + (i % run)] as number;
  return (half & 1) === 0 ? byte & 15 : byte >> 4;
}

/** Weight i of a field of 2 bits each: runs of 32 bytes hold four times 32 weights, the first in their lowest bits. */
function twoBits(bytes: Uint8Array, at: number, i: number): number {
  const byte = bytes[at + (i >> 7) * 32 + (i & 31)] as number;
  return (byte >> (2 * ((i >> 5) & 3))) & 3;
}
