import type { SamplerParameters } from './sampler-parameters.js';

/**
 * What the filters keep: logits above `value`, and of those equal to it the first `ties` in id order. Likeliest
 * first, equal ones by ascending id, every filter keeps a beginning of that list, so the shortest one decides.
 */
export interface Cut {
  readonly value: number;
  readonly ties: number;
}

/** No filter. */
export const EVERYTHING: Cut = { value: Number.NEGATIVE_INFINITY, ties: Number.POSITIVE_INFINITY };

/** Tokens this much less likely (natural log) than the likeliest weigh nothing: 4e-18. */
const WIDEST_GAP = 40;
/** A nucleus rarely reaches beyond this gap: e^-8. */
const NEAR_GAP = 8;
const BUCKETS_PER_UNIT = 64;
const BUCKETS = WIDEST_GAP * BUCKETS_PER_UNIT;
const DECAY = Float64Array.from({ length: BUCKETS }, (_, bucket) => Math.exp(-bucket / BUCKETS_PER_UNIT));

/**
 * Top-k, then top-p among those left, then min-p, at a temperature above 0. `largest` is the row's largest logit,
 * finite; no logit is NaN. Takes one or two passes over the row and sorts only what lies at the edge.
 */
export function filterCut(logits: Float32Array, parameters: SamplerParameters, largest: number): Cut {
  const { temperature, topK, topP, minP } = parameters;
  let cut = EVERYTHING;
  if (topK > 0 && topK < logits.length) {
    const likeliest = largestValues(logits, topK);
    cut = cutAfter(likeliest, topP < 1 ? nucleusSize(likeliest, temperature, topP) : topK);
  } else if (topP < 1) {
    cut = nucleusCut(logits, temperature, topP, largest);
  }
  const leastLikely = largest + temperature * Math.log(minP);
  return leastLikely > cut.value ? { value: leastLikely, ties: Number.POSITIVE_INFINITY } : cut;
}

/** e^-gap for gap >= 0, to a relative 3e-9, in a third of the time of Math.exp. */
function decay(gap: number): number {
  if (!(gap < WIDEST_GAP)) return 0;
  const bucket = (gap * BUCKETS_PER_UNIT) | 0;
  const rest = gap - bucket / BUCKETS_PER_UNIT;
  return (DECAY[bucket] as number) * (1 - rest * (1 - rest * (1 / 2 - rest / 6)));
}

/** The beginning of a list in descending order that has `size` elements, as a cut. */
function cutAfter(descending: Float32Array, size: number): Cut {
  const value = descending[size - 1] as number;
  let ties = 0;
  while (ties < size && descending[size - 1 - ties] === value) ties += 1;
  return { value, ties };
}

/** The `count` largest values, in descending order: a min-heap of the best so far. */
function largestValues(logits: Float32Array, count: number): Float32Array {
  const heap = logits.slice(0, count).sort();
  let least = heap[0] as number;
  for (let id = count; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit > least) {
      replaceLeast(heap, logit);
      least = heap[0] as number;
    }
  }
  return heap.sort().reverse();
}

function replaceLeast(heap: Float32Array, value: number): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    const childValue = heap[child] as number;
    if (childValue >= value) break;
    heap[index] = childValue;
    index = child;
  }
  heap[index] = value;
}

/** How many of these values, in descending order, have together at least `share` of their probability. */
function nucleusSize(descending: Float32Array, temperature: number, share: number): number {
  const largest = descending[0] as number;
  const weights = Float64Array.from(descending, (logit) => decay((largest - logit) / temperature));
  const enough = share * sum(weights);
  let reached = 0;
  for (let index = 0; index < weights.length; index++) {
    reached += weights[index] as number;
    if (reached >= enough) return index + 1;
  }
  return weights.length;
}

/**
 * Top-p over a whole row without sorting it: probability by bucket of likelihood, then the order inside the one
 * bucket at the edge. The few likeliest tokens usually suffice, so most ids are but added up.
 */
function nucleusCut(logits: Float32Array, temperature: number, share: number, largest: number): Cut {
  let histogram = weigh(logits, temperature, largest, NEAR_GAP);
  let near = sum(histogram.buckets);
  const enough = share * (near + histogram.beyond);
  if (near < enough) {
    histogram = weigh(logits, temperature, largest, WIDEST_GAP);
    near = sum(histogram.buckets);
  }
  const { buckets } = histogram;
  let reached = 0;
  let edge = 0;
  while (reached + (buckets[edge] as number) < Math.min(enough, near)) {
    reached += buckets[edge] as number;
    edge += 1;
  }
  const descending = valuesInBucket(logits, temperature, largest, edge);
  let size = 0;
  while (size < descending.length && reached < enough) {
    reached += decay((largest - (descending[size] as number)) / temperature);
    size += 1;
  }
  return cutAfter(descending, size);
}

/** Unnormalised probability by bucket of the gap to the largest logit, and of all that is `width` or more below it. */
function weigh(logits: Float32Array, temperature: number, largest: number, width: number) {
  const buckets = new Float64Array(width * BUCKETS_PER_UNIT);
  let beyond = 0;
  for (let id = 0; id < logits.length; id++) {
    const gap = (largest - (logits[id] as number)) / temperature;
    if (gap < width) {
      const bucket = (gap * BUCKETS_PER_UNIT) | 0;
      buckets[bucket] = (buckets[bucket] as number) + decay(gap);
    } else {
      beyond += decay(gap);
    }
  }
  return { buckets, beyond };
}

/** In descending order. */
function valuesInBucket(logits: Float32Array, temperature: number, largest: number, bucket: number) {
  const values: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    const gap = (largest - logit) / temperature;
    if (gap < WIDEST_GAP && ((gap * BUCKETS_PER_UNIT) | 0) === bucket) values.push(logit);
  }
  return Float32Array.from(values).sort().reverse();
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index] as number;
  return total;
}
