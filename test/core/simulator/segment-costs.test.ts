import { expect, it } from 'vitest';
import { createSeededRandom } from '../../../src/core/seeded-random.js';
import { NOTHING_PASSED, SegmentCosts } from '../../../src/core/simulator/segment-costs.js';
import { SEGMENT_KINDS, segmentTokens } from '../../../src/core/simulator/segments.js';

/** What segments took tells what others like them will take, and how well that is known. */

function costsOf(msOf: (kind: number) => number, count = 4000) {
  const costs = new SegmentCosts();
  const counts = new Float64Array(SEGMENT_KINDS);
  const random = createSeededRandom(1);
  let totalMs = 0;
  for (let at = 0; at < count; at++) {
    const kind = Math.floor(random() * 5);
    const ms = msOf(kind);
    const before = { ...NOTHING_PASSED, ms: totalMs, accepted: at };
    totalMs += ms;
    costs.add(kind, before, { ...before, ms: totalMs, accepted: at + 1 });
    counts[kind] = (counts[kind] as number) + 1;
  }
  return { costs, counts, totalMs };
}

it('as many of each kind take what they took', () => {
  const random = createSeededRandom(2);
  const { costs, counts, totalMs } = costsOf((kind) => 10 * (kind + 1) * (0.5 + random()));
  const expected = costs.expected(counts);
  expect(expected.ms).toBeCloseTo(totalMs, 6);
  expect(expected.accepted).toBeCloseTo(4000, 6);
  expect(expected.rollbacks).toBe(0);
});

it('a kind that was not seen takes as long per token as the one most like it', () => {
  const { costs } = costsOf(() => 10);
  const counts = new Float64Array(SEGMENT_KINDS);
  counts[6] = 3;
  expect(costs.expected(counts).ms).toBeCloseTo((3 * 10 * segmentTokens(6)) / segmentTokens(4), 6);
});

it('there is no error where the kind decides, and one of a standard error where it does not', () => {
  expect(costsOf((kind) => 10 * (kind + 1)).costs.relativeError()).toBeCloseTo(0, 9);
  const random = createSeededRandom(3);
  const error = costsOf(() => (random() < 0.5 ? 5 : 15)).costs.relativeError();
  // A deviation of half the mean, of 4,000.
  expect(error / (0.5 / Math.sqrt(4000))).toBeGreaterThan(0.7);
  expect(error / (0.5 / Math.sqrt(4000))).toBeLessThan(1.4);
  expect(costsOf(() => 10, 100).costs.relativeError()).toBe(Number.POSITIVE_INFINITY);
});

it('deviations that make up for each other are no error', () => {
  let turn = 0;
  const { costs } = costsOf(() => (turn++ % 2 === 0 ? 5 : 15));
  expect(costs.relativeError()).toBeLessThan(0.1 * (0.5 / Math.sqrt(4000)));
});
