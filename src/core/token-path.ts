import { extendPathHash, type PathHash, rootPathHash } from './path-hash.js';

/** A token sequence that knows the hash of each of its prefixes. */
export class TokenPath {
  readonly tokens: number[] = [];
  private readonly hashes: PathHash[];

  /** `root` names the empty path; by default that of the generation. */
  constructor(generation: string, root: PathHash = rootPathHash(generation)) {
    this.hashes = [root];
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Hash of all tokens. */
  get hash(): PathHash {
    return this.hashes[this.tokens.length] as PathHash;
  }

  /** Hash of the first `length` tokens; undefined beyond the end. */
  hashAt(length: number): PathHash | undefined {
    return this.hashes[length];
  }

  push(token: number): void {
    this.hashes.push(extendPathHash(this.hash, token));
    this.tokens.push(token);
  }

  crop(length: number): void {
    this.tokens.length = length;
    this.hashes.length = length + 1;
  }

  /**
   * Makes `tokens[0..from)` + `next` the start of this path. What follows it stays if nothing differs, and is
   * forgotten from the first difference on. Returns how many tokens the old and the new path share: what was
   * computed for them stays valid.
   */
  replaceFrom(from: number, next: readonly number[]): number {
    let i = 0;
    while (i < next.length && this.tokens[from + i] === next[i]) i++;
    if (i === next.length) return this.tokens.length;
    const shared = from + i;
    this.crop(shared);
    for (; i < next.length; i++) this.push(next[i] as number);
    return shared;
  }
}
