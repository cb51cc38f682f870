import { halfFloatAt } from '../half-floats.js';
import type { BlockLayout, UnpackedBlock } from './block-layout.js';

/** What the 16 quants of IQ4_NL and IQ4_XS stand for: kvalues_iq4nl of ggml-common.h. */
const VALUES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

const nonLinear = { groupWeights: 32, quants: { least: -127, most: 113 }, hasMinima: false } as const;

/** Binary16 scale, 16 bytes of quants. */
export const iq4_nl: BlockLayout = {
  ...nonLinear,
  weights: 32,
  bytes: 18,
  unpack: (bytes, at, to) => {
    to.scales[0] = halfFloatAt(bytes, at);
    unpackValues(bytes, at + 2, to, 0);
  },
};

/** Binary16 scale, 2 bytes with the high 2 bits of 8 scales, 4 with their low 4 bits, 128 of quants. */
export const iq4_xs: BlockLayout = {
  ...nonLinear,
  weights: 256,
  bytes: 136,
  unpack: (bytes, at, to) => {
    const scale = halfFloatAt(bytes, at);
    for (let group = 0; group < 8; group++) {
      const high = ((bytes[at + 2 + (group >> 2)] as number) >> (2 * (group & 3))) & 3;
      const low = ((bytes[at + 4 + (group >> 1)] as number) >> (4 * (group & 1))) & 15;
      to.scales[group] = scale * ((low | (high << 4)) - 32);
      unpackValues(bytes, at + 8 + 16 * group, to, 32 * group);
    }
  },
};

/** 32 weights from `start` on: byte i holds weights i (low) and i + 16 (high). */
function unpackValues(bytes: Uint8Array, at: number, { quants }: UnpackedBlock, start: number): void {
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + i] as number;
    quants[start + i] = VALUES[pair & 15] as number;
    quants[start + i + 16] = VALUES[pair >> 4] as number;
  }
}
