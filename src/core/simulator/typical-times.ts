import { logDeviation, normalOf, type PassTiming, passMs } from '../pass-timing.js';
import { EVEN_STEP, shuffle } from './typical-order.js';
import type { WorkerTimes } from './worker-times.js';

/** Passes of a drafter that are a typical sample. */
const DRAFTER_PASSES = 256;

/**
 * Times of a target's passes where luck is to matter little: those that begin after a wrong draft, which are waited for,
 * are a typical sample, and so are the others; a pass takes as long whichever target makes it, in whatever plan. So two
 * plans on one text differ by what they do.
 */
export class TypicalTargetTimes implements WorkerTimes {
  private readonly factors: Float64Array;

  /**
   * `right`: whether the draft of each output position is right, repeated beyond its end. What comes before the first
   * `unsteady` tokens is a sample of its own.
   */
  constructor(
    private readonly timing: PassTiming,
    private readonly promptTokens: number,
    right: readonly boolean[],
    unsteady: number,
    seed: number,
  ) {
    this.factors = new Float64Array(right.length);
    const afterWrong = (at: number) => right[(at + right.length - 1) % right.length] === false;
    const places = right.map((_, at) => at);
    for (const isSteady of [true, false])
      for (const isAfterWrong of [true, false]) {
        const those = places.filter((at) => at >= unsteady === isSteady && afterWrong(at) === isAfterWrong);
        const kind = (isSteady ? 2 : 0) + (isAfterWrong ? 1 : 0);
        const factors = typicalFactors(timing.jitter, those.length, 4 * seed + kind);
        those.forEach((at, index) => {
          this.factors[at] = factors[index] as number;
        });
      }
  }

  next(tokens: number, from: number): number {
    const { timing, factors, promptTokens } = this;
    const factor = factors[Math.max(0, from - promptTokens) % factors.length] as number;
    return passMs(timing, tokens) * factor;
  }
}

/** Times of a drafter's passes, of which so many in a row are a typical sample. */
export class TypicalDrafterTimes implements WorkerTimes {
  private readonly factors: Float64Array;
  private passes = 0;

  constructor(
    private readonly timing: PassTiming,
    seed: number,
  ) {
    this.factors = typicalFactors(timing.jitter, DRAFTER_PASSES, seed);
  }

  next(tokens: number): number {
    const factor = this.factors[this.passes++ % DRAFTER_PASSES] as number;
    return passMs(this.timing, tokens) * factor;
  }
}

/** So many log-normal factors of mean 1 and this coefficient of variation, spread as one expects, in random order. */
function typicalFactors(jitter: number, count: number, seed: number): Float64Array {
  const factors = new Float64Array(count).fill(1);
  if (jitter === 0 || count === 0) return factors;
  const sigma = logDeviation(jitter);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    // Of pairs that cover the unit square evenly.
    factors[i] = Math.exp(sigma * normalOf(1 - (i + 0.5) / count, (i * EVEN_STEP + 0.5) % 1));
    sum += factors[i] as number;
  }
  shuffle(factors, seed);
  return factors.map((factor) => (factor * count) / sum);
}
