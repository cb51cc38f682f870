import { formatPathHash, type PathHash, RollingPathHash, rootPathHash } from './path-hash.js';

/** A token sequence that knows the hash of each of its prefixes. */
export class TokenPath {
  readonly tokens: number[] = [];
  private readonly rolling: RollingPathHash;
  /** Halves of the hashes of all prefixes, the empty one first. */
  private readonly highs: number[];
  private readonly lows: number[];

  /** `root` names the empty path; by default that of the generation. */
  constructor(generation: string, root: PathHash = rootPathHash(generation)) {
    this.rolling = new RollingPathHash(root);
    this.highs = [this.rolling.high];
    this.lows = [this.rolling.low];
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Hash of all tokens. */
  get hash(): PathHash {
    return this.rolling.text;
  }

  /** Hash of the first `length` tokens; undefined beyond the end. */
  hashAt(length: number): PathHash | undefined {
    const high = this.highs[length];
    return high === undefined ? undefined : formatPathHash(high, this.lows[length] as number);
  }

  push(token: number): void {
    this.rolling.push(token);
    this.highs.push(this.rolling.high);
    this.lows.push(this.rolling.low);
    this.tokens.push(token);
  }

  crop(length: number): void {
    this.tokens.length = length;
    this.highs.length = length + 1;
    this.lows.length = length + 1;
    this.rolling.high = this.highs[length] as number;
    this.rolling.low = this.lows[length] as number;
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
