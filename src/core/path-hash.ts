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
  return format(high, low);
}

/** The hash of a path that is one token longer. */
export function extendPathHash(hash: PathHash, token: number): PathHash {
  const high = Number.parseInt(hash.slice(0, 8), 16);
  const low = Number.parseInt(hash.slice(8), 16);
  const newHigh = mix(high ^ Math.imul(token + 1, 0x9e3779b1), 0x85ebca6b) + low;
  const newLow = mix(low ^ Math.imul(token + 0x51ed27, 0x2545f491) ^ (high >>> 7), 0xc2b2ae35) + high;
  return format(newHigh, newLow);
}

/** Hashes along `tokens`: element i is the hash of the path that ends with `tokens[i]`. */
export function pathHashes(start: PathHash, tokens: ArrayLike<number>): PathHash[] {
  const hashes: PathHash[] = [];
  let hash = start;
  for (let i = 0; i < tokens.length; i++) {
    hash = extendPathHash(hash, tokens[i] as number);
    hashes.push(hash);
  }
  return hashes;
}

function mix(value: number, multiplier: number): number {
  let x = value | 0;
  x ^= x >>> 16;
  x = Math.imul(x, multiplier);
  x ^= x >>> 13;
  x = Math.imul(x, 0x27d4eb2f);
  return (x ^ (x >>> 16)) | 0;
}

function format(high: number, low: number): PathHash {
  return hex32(high) + hex32(low);
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
