import { fourAtMost, fourBelow } from './four-at-once.js';
import { gumbel, type NoiseKey, noiseBits } from './noise.js';
import type { Cut } from './sampler-filters.js';

/** Who wins a row, and by how much. `best` is -Infinity when nothing can win, NaN when a logit is NaN. */
export interface Contest {
  readonly winner: number;
  readonly best: number;
  readonly second: number;
}

const BROKEN: Contest = { winner: 0, best: Number.NaN, second: Number.NaN };

/** The largest logit; ties go to the lowest id. */
export function largestLogit(row: Float32Array): Contest {
  let winner = 0;
  let best = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < row.length; start += 4) {
    if (start + 4 <= row.length && fourAtMost(row, start, second)) continue;
    const end = Math.min(start + 4, row.length);
    for (let id = start; id < end; id++) {
      const logit = row[id] as number;
      if (logit > best) {
        second = best;
        best = logit;
        winner = id;
      } else if (logit > second) {
        second = logit;
      } else if (Number.isNaN(logit)) {
        return BROKEN;
      }
    }
  }
  return { winner, best, second };
}

/**
 * The largest logit + temperature * noise among the logits that `cut` keeps; ties go to the lowest id. `bounds` are
 * `gumbelBounds(temperature)`: the few ids whose noise could lift them over the runner-up get logarithms, the
 * others are ruled out by the bits of their noise. The result is that of taking logarithms for all.
 */
export function largestNoisyLogit(
  row: Float32Array,
  cut: Cut,
  key: NoiseKey,
  temperature: number,
  bounds: Float64Array,
): Contest {
  const { first: keyFirst, second: keySecond } = key;
  const { value: cutValue } = cut;
  let { ties } = cut;
  let winner = 0;
  let best = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < row.length; id++) {
    while (id + 4 <= row.length && fourBelow(row, id, cutValue)) id += 4;
    if (id === row.length) break;
    const logit = row[id] as number;
    if (logit <= cutValue) {
      if (logit < cutValue || ties === 0) continue;
      ties -= 1;
    }
    const bits = noiseBits(keyFirst, keySecond, id);
    if (logit + (bounds[Math.clz32(~bits)] as number) <= second) continue;
    const score = logit + temperature * gumbel(bits);
    if (score > best) {
      second = best;
      best = score;
      winner = id;
    } else if (score > second) {
      second = score;
    } else if (Number.isNaN(score)) {
      return BROKEN;
    }
  }
  return { winner, best, second };
}
