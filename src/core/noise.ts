/**
 * Counter-based noise for shared-noise sampling (Gumbel coupling; Daliri, Musco, Suresh, arXiv 2408.07978): a pure
 * hash of (seed, position, token id), so that drafter and target see the same noise wherever and whenever they pick.
 */
export interface NoiseKey {
  readonly first: number;
  readonly second: number;
}

/** `seed` 0..2^53-1, `position` 0..2^31-1. */
export function noiseKey(seed: number, position: number): NoiseKey {
  const low = seed | 0;
  const high = Math.floor(seed / 0x1_0000_0000) | 0;
  return {
    first: mix(position + mix(high + mix(low ^ 0x3c6ef372))),
    second: mix(position ^ mix(high ^ mix(low + 0x6a09e667))),
  };
}

/** 32 uniform bits, as a signed integer. For one key no two ids get the same bits. */
export function noiseBits(first: number, second: number, id: number): number {
  let x = Math.imul(id ^ first, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x ^ second, 0x846ca68b);
  x ^= x >>> 16;
  x = Math.imul(x, 0x31848bab);
  return x ^ (x >>> 14);
}

/** The standard Gumbel variate of these bits: -ln(-ln u), u = (bits + 1/2) / 2^32, which is never 0 or 1. */
export function gumbel(bits: number): number {
  return -Math.log(-Math.log(((bits >>> 0) + 0.5) * 2 ** -32));
}

/**
 * Upper bounds of `scale` * gumbel(bits), indexed by `Math.clz32(~bits)`: most ids can be ruled out by one
 * comparison, without a logarithm. The bound is at most twice too likely to let an id pass.
 */
export function gumbelBounds(scale: number): Float64Array {
  return Float64Array.from({ length: 33 }, (_, zeros) => {
    const largestBits = zeros === 32 ? -1 : ~(0x8000_0000 >>> zeros);
    // Rounding of the logarithms is below 1e-15; the margin costs nothing.
    return scale * (gumbel(largestBits) + 1e-9);
  });
}

/** A bijection of 32-bit integers in which every input bit moves every output bit. */
function mix(value: number): number {
  let x = value | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return (x ^ (x >>> 16)) | 0;
}
