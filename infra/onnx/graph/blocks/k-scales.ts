import { halfFloatAt } from '../half-floats.js';

/**
 * Q4_K and Q5_K: binary16 scale, binary16 scale of the minima, then 12 bytes with 8 scales and 8 minima of 6 bits.
 * Those of groups 0 to 3 are the low 6 bits of bytes 0 to 3 and 4 to 7; those of 4 to 7 are the halves of bytes 8 to 11
 * with the 2 bits that the others leave above them. Minima are subtracted.
 */
export function unpackScalesAndMinima(
  bytes: Uint8Array,
  at: number,
  scales: Float32Array,
  minima: Float32Array,
): void {
  const scale = halfFloatAt(bytes, at);
  const minimum = -halfFloatAt(bytes, at + 2);
  for (let i = 0; i < 4; i++) {
    const ofScale = bytes[at + 4 + i] as number;
    const ofMinimum = bytes[at + 8 + i] as number;
    const both = bytes[at + 12 + i] as number;
    scales[i] = scale * (ofScale & 63);
    minima[i] = minimum * (ofMinimum & 63);
    scales[i + 4] = scale * ((both & 15) | ((ofScale >> 6) << 4));
    minima[i + 4] = minimum * ((both >> 4) | ((ofMinimum >> 6) << 4));
  }
}

/** Q3_K: 16 scales of 6 bits, less 32: 8 bytes of low halves (groups 0 to 7, then 8 to 15), 4 of high 2 bits. */
export function unpackScales3(bytes: Uint8Array, at: number, scale: number, scales: Float32Array): void {
  for (let group = 0; group < 16; group++) {
    const low = ((bytes[at + (group & 7)] as number) >> (group < 8 ? 0 : 4)) & 15;
    const high = ((bytes[at + 8 + (group & 3)] as number) >> (2 * (group >> 2))) & 3;
    scales[group] = scale * ((low | (high << 4)) - 32);
  }
}
