/**
 * A path (all tokens before a position) is named by a 64-bit rolling hash, seeded with the generation's id, so
 * that equal texts of two generations never meet. Written as 16 hexadecimal digits: a cheap key and wire form.
 */
export type PathHash = string;

/** The hash of the empty path of a generation. */
export function rootPathHash(generation: string): PathHash {
  let high = 0x9e3779b9;
  let low = 0x7f4a7c15;
  for (let i = 0; i < generation.length; i++) {
    const code = generation.charCodeAt(i);
    high = mix(high ^ code, 0x85ebca6b);
    low = mix(low + code, 0xc2b2ae35);
  }
  return formatPathHash(high, low);
}

/** The hash of a path that is one token longer. */
export function extendPathHash(hash: PathHash, token: number): PathHash {
  const rolling = new RollingPathHash(hash);
  rolling.push(token);
  return rolling.text;
}

/** Hashes along `tokens`: element i is the hash of the path that ends with `tokens[i]`. */
export function pathHashes(start: PathHash, tokens: ArrayLike<number>): PathHash[] {
  const rolling = new RollingPathHash(start);
  return Array.from(tokens, (token) => {
    rolling.push(token);
    return rolling.text;
  });
}

/** A path hash in two halves of 32 bits: writing it as text costs twenty times what extending it costs. */
export class RollingPathHash {
  high: number;
  low: number;

  constructor(start: PathHash) {
    this.high = half(start, 0) | 0;
    this.low = half(start, 8) | 0;
  }

  get text(): PathHash {
    return formatPathHash(this.high, this.low);
  }

  push(token: number): void {
    const { high, low } = this;
    this.high = (mix(high ^ Math.imul(token + 1, 0x9e3779b1), 0x85ebca6b) + low) | 0;
    this.low = (mix(low ^ Math.imul(token + 0x51ed27, 0x2545f491) ^ (high >>> 7), 0xc2b2ae35) + high) | 0;
  }
}

/** The text of two halves, of which only the lower 32 bits count. */
export function formatPathHash(h: number, l: number): PathHash {
  return String.fromCharCode(
    digit(h >>> 28),
    digit(h >>> 24),
    digit(h >>> 20),
    digit(h >>> 16),
    digit(h >>> 12),
    digit(h >>> 8),
    digit(h >>> 4),
    digit(h),
    digit(l >>> 28),
    digit(l >>> 24),
    digit(l >>> 20),
    digit(l >>> 16),
    digit(l >>> 12),
    digit(l >>> 8),
    digit(l >>> 4),
    digit(l),
  );
}

function mix(value: number, multiplier: number): number {
  let x = value | 0;
  x ^= x >>> 16;
  x = Math.imul(x, multiplier);
  x ^= x >>> 13;
  x = Math.imul(x, 0x27d4eb2f);
  return (x ^ (x >>> 16)) | 0;
}

// Workers read and write the hash of each message's path: formatting and parsing by character code takes
// an eighth of the time that toString(16) and parseInt do.
const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const VALUES = new Uint8Array(128);
DIGITS.forEach((code, value) => {
  VALUES[code] = value;
});

/** 32 bits, unsigned: the eight digits from `start` on. */
function half(hash: PathHash, start: number): number {
  let bits = 0;
  for (let at = start; at < start + 8; at++)
    bits = (bits << 4) | (VALUES[hash.charCodeAt(at) & 127] as number);
  return bits >>> 0;
}

function digit(bits: number): number {
  return DIGITS[bits & 15] as number;
}
