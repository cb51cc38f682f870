import { mean } from '../statistics.js';
import { SEGMENT_KINDS, segmentDistance, segmentTokens } from './segments.js';

/** What is counted up as a text grows: the time, and passes, drafts and rollbacks so far. */
export interface Passed {
  readonly ms: number;
  readonly targetForwards: number;
  readonly drafterForwards: number;
  readonly rollbacks: number;
  readonly accepted: number;
  readonly refuted: number;
}

export const NOTHING_PASSED: Passed = {
  ms: 0,
  targetForwards: 0,
  drafterForwards: 0,
  rollbacks: 0,
  accepted: 0,
  refuted: 0,
};

const COUNTED = Object.keys(NOTHING_PASSED) as (keyof Passed)[];

/** Segments one after another whose deviations are added up: what one takes too long the next one may make up for. */
const BATCH = 32;
const FEWEST_BATCHES = 16;

/** What segments of a text took, by kind. */
export class SegmentCosts {
  private readonly counts = new Float64Array(SEGMENT_KINDS);
  private readonly sums = new Float64Array(SEGMENT_KINDS * COUNTED.length);
  private readonly kinds: number[] = [];
  private readonly ms: number[] = [];

  /** A segment, from what had passed when it began to what had when it ended. */
  add(kind: number, before: Passed, after: Passed): void {
    this.kinds.push(kind);
    this.ms.push(after.ms - before.ms);
    this.counts[kind] = (this.counts[kind] as number) + 1;
    COUNTED.forEach((name, index) => {
      const at = kind * COUNTED.length + index;
      this.sums[at] = (this.sums[at] as number) + after[name] - before[name];
    });
  }

  /**
   * The standard error of the mean time of a segment, as a share of it, once the kinds of all segments of a text are known:
   * of the method of batch means (Law and Kelton, Simulation Modeling and Analysis). Infinite while there are too few.
   */
  relativeError(): number {
    const batches = Math.floor(this.kinds.length / BATCH);
    if (batches < FEWEST_BATCHES) return Number.POSITIVE_INFINITY;
    const deviations = Array.from({ length: batches }, (_, batch) => {
      let deviation = 0;
      for (let at = batch * BATCH; at < (batch + 1) * BATCH; at++)
        deviation += (this.ms[at] as number) - this.meanMs(this.kinds[at] as number);
      return deviation / BATCH;
    });
    // A mean of each kind is taken of the same segments.
    const means = this.counts.reduce((seen, count) => seen + Math.sign(count), 0);
    const freedom = (this.kinds.length - means) / this.kinds.length;
    const variance = mean(deviations.map((deviation) => deviation ** 2)) / freedom;
    return Math.sqrt(variance / batches) / mean(this.ms);
  }

  /** What so many segments of each kind take together, on average. */
  expected(counts: Float64Array): Passed {
    const total: Record<keyof Passed, number> = { ...NOTHING_PASSED };
    counts.forEach((count, kind) => {
      if (count === 0) return;
      const known = this.nearest(kind);
      const share = (count * segmentTokens(kind)) / segmentTokens(known) / (this.counts[known] as number);
      COUNTED.forEach((name, index) => {
        total[name] += share * (this.sums[known * COUNTED.length + index] as number);
      });
    });
    return total;
  }

  private meanMs(kind: number): number {
    return (this.sums[kind * COUNTED.length] as number) / (this.counts[kind] as number);
  }

  /** The kind itself if it was seen, else the one most like it; there are very few of such segments. */
  private nearest(kind: number): number {
    let best = kind;
    let least = Number.POSITIVE_INFINITY;
    this.counts.forEach((count, other) => {
      const distance = segmentDistance(kind, other);
      if (count === 0 || distance >= least) return;
      best = other;
      least = distance;
    });
    return best;
  }
}
