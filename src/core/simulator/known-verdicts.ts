/**
 * After which paths a target knows its own next token, by their length: those of its present path only. Of long ago it
 * forgets, which is where no job builds on any more.
 */
export class KnownVerdicts {
  private readonly lengths: Int32Array;
  private longest = 0;

  /** `size`: a power of two above the tokens that jobs and drafts ever reach back. */
  constructor(size: number) {
    this.lengths = new Int32Array(size);
  }

  has(length: number): boolean {
    return this.lengths[length & (this.lengths.length - 1)] === length;
  }

  add(length: number): void {
    this.lengths[length & (this.lengths.length - 1)] = length;
    if (length > this.longest) this.longest = length;
  }

  /** The path is another after its first `length` tokens. */
  forgetBeyond(length: number): void {
    const { lengths } = this;
    const lowest = Math.max(length, this.longest - lengths.length);
    for (let at = this.longest; at > lowest; at--) {
      const slot = at & (lengths.length - 1);
      if (lengths[slot] === at) lengths[slot] = 0;
    }
    if (length < this.longest) this.longest = length;
  }
}
