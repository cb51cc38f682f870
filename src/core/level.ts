/** A mean of the last few differs from that of all by so many standard deviations only where the level has changed. */
const SURPRISE = 4.5;
/** Rounding is no change; of the level. */
const ROUNDING = 1e-4;
/** Less than so many milliseconds are as good as none, and less than this share of the level is as surprising as it. */
const LEAST_MS = 1e-3;
const LEAST_SHARE = 1 / 4;

/**
 * Times vary by factors: what takes twice as long now and then does not tell of another level, but looks like one next to
 * all that take a little less. So changes of times are looked for among their logarithms.
 */
export type LevelKind = 'share' | 'time';

/**
 * The level of something that is measured again and again: the mean of everything since it last changed, as the mean of
 * the last few tells. So it is known ever better while it stays, and followed when it moves.
 */
export class Level {
  private recent: number;
  /** Where changes are looked for: of all since the last one, of the last few, and of one measurement. */
  private senseLevel: number;
  private senseRecent: number;
  private senseVariance = 0;
  private lastSense: number | undefined;
  private differences = 0;

  /** `recent`, `most`: how many measurements tell of a change, and how many are remembered at most. */
  constructor(
    private readonly kind: LevelKind,
    private readonly recentCount: number,
    private readonly mostCount: number,
    /** What is assumed, and how many measurements that counts for. */
    private level = 0,
    private count = 0,
  ) {
    this.recent = level;
    this.senseLevel = this.sense(level);
    this.senseRecent = this.senseLevel;
  }

  /** Measurements that count, those assumed too; 0: nothing is known. */
  get measured(): number {
    return this.count;
  }

  get mean(): number {
    return this.level;
  }

  /**
   * Standard deviation of one measurement as a share of the level (of times as if they were log-normal); of what changes
   * slowly only the noise upon it.
   */
  get variation(): number {
    const { kind, level, senseVariance } = this;
    if (kind === 'time') return Math.sqrt(Math.expm1(senseVariance));
    return level > 0 ? Math.sqrt(senseVariance) / level : 0;
  }

  note(value: number): void {
    const sense = this.sense(value);
    this.count = Math.min(this.mostCount, this.count + 1);
    const news = 1 / Math.min(this.recentCount, this.count);
    this.level += (value - this.level) / this.count;
    this.recent += (value - this.recent) * news;
    this.senseLevel += (sense - this.senseLevel) / this.count;
    this.senseRecent += (sense - this.senseRecent) * news;
    if (this.lastSense !== undefined) {
      // Remembered beyond a change: told from a few alone it would often be too little, and changes be seen everywhere.
      this.differences = Math.min(this.mostCount, this.differences + 1);
      this.senseVariance += ((sense - this.lastSense) ** 2 / 2 - this.senseVariance) / this.differences;
    }
    this.lastSense = sense;
    if (this.count > this.recentCount && this.hasChanged()) {
      this.level = this.recent;
      this.senseLevel = this.senseRecent;
      this.count = this.recentCount;
    }
  }

  private sense(value: number): number {
    return this.kind === 'time' ? Math.log(Math.max(value, LEAST_SHARE * this.level, LEAST_MS)) : value;
  }

  private hasChanged(): boolean {
    const { senseLevel, senseRecent, senseVariance, recentCount } = this;
    // Of a mean that forgets by 1 / n a measurement.
    const expected = senseVariance / (2 * recentCount - 1);
    const rounding = this.kind === 'time' ? ROUNDING : ROUNDING * senseLevel;
    return (senseRecent - senseLevel) ** 2 > SURPRISE ** 2 * expected + rounding ** 2;
  }
}
