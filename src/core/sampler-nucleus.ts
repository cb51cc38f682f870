import { fourBelow } from './four-at-once.js';
import { gumbel, type NoiseKey, noiseBits } from './noise.js';
import type { Contest } from './sampler-contest.js';
import type { SamplerParameters } from './sampler-parameters.js';
import { STEPS_PER_UNIT, weight } from './sampler-weights.js';

/**
 * Only tokens up to a gap (natural log, after temperature) are weighed; any other weighs at most e^-gap. The flatter
 * the row, the more are within a gap, and the less those beyond a smaller one matter.
 */
const GAPS = [16, 13];
const WIDEST = Math.max(...GAPS);
/** So many are weighed at most: it takes longer, token by token, than to add up a row. */
const MOST_NEAR = 3500;
const BUCKETS_PER_UNIT = 64;
const STEPS_PER_BUCKET = STEPS_PER_UNIT / BUCKETS_PER_UNIT;
const BUCKETS = WIDEST * BUCKETS_PER_UNIT + 1;
/** Above what rounding and `weight` can be wrong by, relative to a sum. */
const MARGIN = 1e-8;

/**
 * The contest among the tokens that top-p, then min-p, keep (see `filterCut`), without adding up the whole row: the
 * likeliest are weighed, all others together bounded. That leaves open where exactly the nucleus ends, but seldom
 * whether winner and runner-up are in it.
 */
export class NucleusContest {
  /** Scratch: ids of the likeliest, ascending. */
  private readonly near = new Int32Array(MOST_NEAR + 4);

  /**
   * What `largestNoisyLogit` finds with the cut of `filterCut`, bit by bit; undefined where it takes that cut to know.
   * `largest` is the row's largest logit, finite; no logit is NaN. `bounds` are `gumbelBounds(temperature)`.
   */
  decide(
    row: Float32Array,
    parameters: SamplerParameters,
    largest: number,
    key: NoiseKey,
    bounds: Float64Array,
  ): Contest | undefined {
    for (const gap of GAPS) {
      const count = findIds(row, largest - gap * parameters.temperature, this.near);
      if (count <= MOST_NEAR) {
        const rest = (row.length - count) * Math.exp(-gap);
        return this.decideNear(row, parameters, largest, key, bounds, count, rest);
      }
      // So many so soon: too flat for the next gap as well.
      if ((this.near[count - 1] as number) < row.length / 3) return undefined;
    }
    return undefined;
  }

  /** The first `nearCount` ids of `near` are weighed; the others weigh `rest` at most, where the likeliest weighs 1. */
  private decideNear(
    row: Float32Array,
    { temperature, topP, minP }: SamplerParameters,
    largest: number,
    key: NoiseKey,
    bounds: Float64Array,
    nearCount: number,
    rest: number,
  ): Contest | undefined {
    const { near } = this;
    const stepsPerLogit = STEPS_PER_UNIT / temperature;
    const weights = new Float64Array(BUCKETS);
    const counts = new Int32Array(BUCKETS);
    let total = 0;
    for (let index = 0; index < nearCount; index++) {
      const steps = (largest - (row[near[index] as number] as number)) * stepsPerLogit;
      const bucket = (steps / STEPS_PER_BUCKET) | 0;
      const likely = weight(steps);
      weights[bucket] = (weights[bucket] as number) + likely;
      counts[bucket] = (counts[bucket] as number) + 1;
      total += likely;
    }
    const atLeast = topP * total * (1 - MARGIN);
    const atMost = topP * (total + rest) * (1 + MARGIN);
    if (atMost >= total * (1 - MARGIN)) return undefined;
    let surelyKept = bucketsBelow(weights, atLeast);
    // The first token of the bucket at the edge is needed to reach the share.
    if (counts[surelyKept] === 1) surelyKept++;
    const perhapsKept = bucketsBelow(weights, atMost) + 1;
    const leastLikely = largest + temperature * Math.log(minP);

    let winner = 0;
    let best = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    let isWinnerSure = true;
    let isSecondSure = true;
    for (let index = 0; index < nearCount; index++) {
      const id = near[index] as number;
      const logit = row[id] as number;
      const bucket = (((largest - logit) * stepsPerLogit) / STEPS_PER_BUCKET) | 0;
      if (bucket >= perhapsKept || logit < leastLikely) continue;
      const bits = noiseBits(key.first, key.second, id);
      if (logit + (bounds[Math.clz32(~bits)] as number) <= second) continue;
      const score = logit + temperature * gumbel(bits);
      if (score > best) {
        second = best;
        isSecondSure = isWinnerSure;
        best = score;
        winner = id;
        isWinnerSure = bucket < surelyKept;
      } else if (score > second) {
        second = score;
        isSecondSure = bucket < surelyKept;
      }
    }
    return isWinnerSure && isSecondSure ? { winner, best, second } : undefined;
  }
}

/** Writes the ids of the logits that are `least` or more, ascending; returns how many, above MOST_NEAR for too many. */
function findIds(row: Float32Array, least: number, ids: Int32Array): number {
  let count = 0;
  for (let start = 0; start < row.length; start += 4) {
    if (start + 4 <= row.length && fourBelow(row, start, least)) continue;
    const end = Math.min(start + 4, row.length);
    for (let id = start; id < end; id++) if ((row[id] as number) >= least) ids[count++] = id;
    if (count > MOST_NEAR) break;
  }
  return count;
}

/** How many buckets, likeliest first, stay below a weight together. */
function bucketsBelow(weights: Float64Array, enough: number): number {
  let reached = 0;
  let count = 0;
  while (count < weights.length && reached + (weights[count] as number) < enough) {
    reached += weights[count] as number;
    count++;
  }
  return count;
}
