import { fourAtMost, fourBelow } from './four-at-once.js';
import type { SamplerParameters } from './sampler-parameters.js';
import { STEPS, STEPS_PER_UNIT, totalWeight, WIDEST_GAP, weight } from './sampler-weights.js';

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

/** A nucleus rarely reaches beyond this gap: e^-12. */
const NEAR_GAP = 12;
const STEPS_PER_BUCKET = 8;
const BUCKETS = STEPS / STEPS_PER_BUCKET;

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
    while (id + 4 <= logits.length && fourAtMost(logits, id, least)) id += 4;
    if (id === logits.length) break;
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
  const scale = STEPS_PER_UNIT / temperature;
  const largest = descending[0] as number;
  return sizeReaching(descending, largest, scale, 0, share * totalWeight(descending, largest, scale));
}

/** How many of these values, in descending order, bring the weight from `reached` to `enough`. */
function sizeReaching(
  descending: Float32Array,
  largest: number,
  scale: number,
  reached: number,
  enough: number,
): number {
  let total = reached;
  let size = 0;
  while (size < descending.length && total < enough) {
    const steps = (largest - (descending[size] as number)) * scale;
    if (steps < STEPS) total += weight(steps);
    size += 1;
  }
  return size;
}

/**
 * Top-p over a whole row without sorting it: the few likeliest tokens usually suffice, so all others are but added
 * up. Of those few, probability by bucket of likelihood, then the order inside the one bucket at the edge.
 */
function nucleusCut(logits: Float32Array, temperature: number, share: number, largest: number): Cut {
  const scale = STEPS_PER_UNIT / temperature;
  const enough = share * totalWeight(logits, largest, scale);
  let likely = valuesFrom(logits, largest - NEAR_GAP * temperature);
  let buckets = weigh(likely, largest, scale);
  if (sum(buckets) < enough) {
    likely = valuesFrom(logits, largest - WIDEST_GAP * temperature);
    buckets = weigh(likely, largest, scale);
  }
  let reached = 0;
  let edge = 0;
  while (edge < BUCKETS - 1 && reached + (buckets[edge] as number) < enough) {
    reached += buckets[edge] as number;
    edge += 1;
  }
  const descending = valuesInBucket(likely, largest, scale, edge).sort().reverse();
  return cutAfter(descending, sizeReaching(descending, largest, scale, reached, enough));
}

/** The logits that are `least` or more, in id order. */
function valuesFrom(logits: Float32Array, least: number): Float32Array {
  const values: number[] = [];
  for (let start = 0; start < logits.length; start += 4) {
    if (start + 4 <= logits.length && fourBelow(logits, start, least)) continue;
    const end = Math.min(start + 4, logits.length);
    for (let id = start; id < end; id++) {
      const logit = logits[id] as number;
      if (logit >= least) values.push(logit);
    }
  }
  return new Float32Array(values);
}

/** Unnormalised probability by bucket of the gap to the largest logit. */
function weigh(logits: Float32Array, largest: number, scale: number): Float64Array {
  const buckets = new Float64Array(BUCKETS);
  for (let index = 0; index < logits.length; index++) {
    const steps = (largest - (logits[index] as number)) * scale;
    if (!(steps < STEPS)) continue;
    const bucket = (steps / STEPS_PER_BUCKET) | 0;
    buckets[bucket] = (buckets[bucket] as number) + weight(steps);
  }
  return buckets;
}

function valuesInBucket(logits: Float32Array, largest: number, scale: number, bucket: number): Float32Array {
  const values: number[] = [];
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index] as number;
    const steps = (largest - logit) * scale;
    if (((steps / STEPS_PER_BUCKET) | 0) === bucket) values.push(logit);
  }
  return new Float32Array(values);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index] as number;
  return total;
}
