/** A mean of the last few differs from that of all by so many standard deviations only where the level has changed. */
const SURPRISE = 4.5;
/** Rounding is no change; of the level. */
const ROUNDING = 1e-4;

/**
 * The level of something that is measured again and again: the mean of everything since it last changed, as the mean of
 * the last few tells. So it is known ever better while it stays, and followed when it moves.
 */
export class Level {
  private recent = 0;
  private variance = 0;
  private last: number | undefined;

  /** `recent`, `most`: how many measurements tell of a change, and how many are remembered at most. */
  constructor(
    private readonly recentCount: number,
    private readonly mostCount: number,
    /** What is assumed, and how many measurements that counts for. */
    private level = 0,
    private count = 0,
  ) {
    this.recent = level;
  }

  /** Measurements that count, those assumed too; 0: nothing is known. */
  get measured(): number {
    return this.count;
  }

  get mean(): number {
    return this.level;
  }

  /** Standard deviation of one measurement as a share of the level; of what changes slowly only the noise upon it. */
  get variation(): number {
    return this.level > 0 ? Math.sqrt(this.variance) / this.level : 0;
  }

  note(value: number): void {
    this.count = Math.min(this.mostCount, this.count + 1);
    const news = 1 / Math.min(this.recentCount, this.count);
    this.level += (value - this.level) / this.count;
    this.recent += (value - this.recent) * news;
    if (this.last !== undefined) this.variance += ((value - this.last) ** 2 / 2 - this.variance) / this.count;
    this.last = value;
    if (this.count > this.recentCount && this.hasChanged()) {
      this.level = this.recent;
      this.count = this.recentCount;
    }
  }

  private hasChanged(): boolean {
    const { level, recent, variance, recentCount } = this;
    // Of a mean that forgets by 1 / n a measurement.
    const expected = variance / (2 * recentCount - 1);
    return (recent - level) ** 2 > SURPRISE ** 2 * expected + (ROUNDING * level) ** 2;
  }
}
