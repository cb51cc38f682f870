/** A mean of the last few differs from that of all by so many standard deviations only where the level has changed. */
const SURPRISE = 4.5;
/** Rounding is no change; of the level. */
const ROUNDING = 1e-4;
/** Factors and times below this are as good as none, and below this share of the level as surprising as it. */
const LEAST = 1e-3;
const LEAST_SHARE = 1 / 4;

/**
 * Of what varies by factors, as times do, changes are looked for among logarithms: what takes twice as long now and then
 * does not tell of another level, but looks like one next to all that take a little less.
 */
export type LevelKind = 'share' | 'factor';

/**
 * The level of something that is measured again and again: the mean of everything since it last changed, as the mean of
 * the last few tells. So it is known ever better while it stays, and followed when it moves.
 */
export class Level {
  private recent: number;
  /** On the scale on which changes are looked for: the mean of all since the last one, of the last few, the last value. */
  private scaledLevel: number;
  private scaledRecent: number;
  private last = 0;
  /** Of how many measurements the last value is the mean; 0: there is none. */
  private lastWeight = 0;
  /** Of one measurement, and how many tell of it. */
  private variance = 0;
  private compared = 0;

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
    this.scaledLevel = this.scale(level);
    this.scaledRecent = this.scaledLevel;
  }

  /** Measurements that count, those assumed too; 0: nothing is known. */
  get measured(): number {
    return this.count;
  }

  get mean(): number {
    return this.level;
  }

  /** Measurements that `variation` rests upon, at most as many as are remembered; a change of the level leaves it alone. */
  get variationMeasured(): number {
    return this.compared;
  }

  /**
   * Standard deviation of one measurement as a share of the level (of factors as if they were log-normal); of what
   * changes slowly only the noise upon it.
   */
  get variation(): number {
    const { kind, level, variance } = this;
    if (kind === 'factor') return Math.sqrt(Math.expm1(variance));
    return level > 0 ? Math.sqrt(variance) / level : 0;
  }

  /** `weight`: how many measurements, at least 1, this is the mean of. */
  note(value: number, weight = 1): void {
    const counted = Math.min(weight, this.recentCount);
    const scaled = this.scale(value);
    this.count = Math.min(this.mostCount, this.count + counted);
    const share = Math.min(1, counted / this.count);
    const recentShare = Math.min(1, counted / Math.min(this.recentCount, this.count));
    this.level += (value - this.level) * share;
    this.recent += (value - this.recent) * recentShare;
    this.scaledLevel += (scaled - this.scaledLevel) * share;
    this.scaledRecent += (scaled - this.scaledRecent) * recentShare;
    this.compare(scaled, counted);
    if (this.count > this.recentCount && this.hasChanged()) {
      this.level = this.recent;
      this.scaledLevel = this.scaledRecent;
      this.count = this.recentCount;
    }
  }

  /**
   * The variance is remembered beyond a change of the level: told from the few since then it would often be too small,
   * and one change be followed by many that are none.
   */
  private compare(scaled: number, weight: number): void {
    const { last, lastWeight } = this;
    this.last = scaled;
    this.lastWeight = weight;
    if (lastWeight === 0) return;
    this.compared = Math.min(this.mostCount, this.compared + 1);
    const ofOne = (scaled - last) ** 2 / (1 / weight + 1 / lastWeight);
    this.variance += (ofOne - this.variance) / this.compared;
  }

  private scale(value: number): number {
    return this.kind === 'factor' ? Math.log(Math.max(value, LEAST_SHARE * this.level, LEAST)) : value;
  }

  private hasChanged(): boolean {
    const { scaledLevel, scaledRecent, variance, recentCount } = this;
    // Of a mean that forgets by 1 / n a measurement.
    const expected = variance / (2 * recentCount - 1);
    const rounding = this.kind === 'factor' ? ROUNDING : ROUNDING * scaledLevel;
    return (scaledRecent - scaledLevel) ** 2 > SURPRISE ** 2 * expected + rounding ** 2;
  }
}
