import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gumbel, gumbelBounds, noiseBits, noiseKey } from '../../src/core/noise.js';
import { chiSquareLimit } from './statistics.js';

/** The noise is a pure hash that looks uniform and independent along ids, positions and seeds. */

const bits = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

function uniform(seed: number, position: number, id: number): number {
  const { first, second } = noiseKey(seed, position);
  return ((noiseBits(first, second, id) >>> 0) + 0.5) / 2 ** 32;
}

it('stays finite for the smallest and the largest bits', () => {
  expect(gumbel(0)).toBeGreaterThan(-4);
  expect(gumbel(-1)).toBeLessThan(24);
});

it('bounds every Gumbel variate by the class of its bits, and not wastefully', () => {
  const bounds = gumbelBounds(0.7);
  fc.assert(
    fc.property(bits, (value) => {
      const bound = bounds[Math.clz32(~value)] as number;
      expect(0.7 * gumbel(value)).toBeLessThanOrEqual(bound);
    }),
    { numRuns: 2000 },
  );
  for (let zeros = 1; zeros <= 32; zeros++) {
    const [bound, before] = [bounds[zeros] as number, bounds[zeros - 1] as number];
    expect(bound - before).toBeLessThan(0.7 * 1.2);
    expect(bound).toBeGreaterThan(before);
  }
});

const axes: Record<string, (i: number) => number> = {
  ids: (i) => uniform(42, 100, i),
  positions: (i) => uniform(42, i, 7),
  seeds: (i) => uniform(i, 3, 7),
  'high halves of seeds': (i) => uniform(i * 2 ** 32, 3, 7),
};

for (const [name, draw] of Object.entries(axes)) {
  it(`is uniform along ${name}, also in pairs of neighbours`, () => {
    const draws = 100_000;
    const cells = 32;
    const pairs = new Float64Array(cells * cells);
    for (let i = 0; i < draws; i++) {
      const cell = Math.floor(draw(i) * cells) * cells + Math.floor(draw(i + 1) * cells);
      pairs[cell] = (pairs[cell] as number) + 1;
    }
    const expected = draws / pairs.length;
    const statistic = pairs.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(chiSquareLimit(pairs.length - 1));
  });
}

it('gives unrelated noise to two positions and to two seeds', () => {
  const ids = 50_000;
  for (const [a, b] of [
    [noiseKey(1, 10), noiseKey(1, 11)],
    [noiseKey(1, 10), noiseKey(2, 10)],
    [noiseKey(1, 10), noiseKey(1 + 2 ** 40, 10)],
    // Keys that happen to share a half, or nearly, are as unrelated as others.
    [noiseKey(1, 10), { ...noiseKey(1, 10), second: 99 }],
    [noiseKey(1, 10), { first: noiseKey(1, 10).first ^ 1, second: 99 }],
  ] as const) {
    let correlation = 0;
    for (let id = 0; id < ids; id++) {
      correlation += (noiseBits(a.first, a.second, id) * noiseBits(b.first, b.second, id)) / 2 ** 62;
    }
    // The product of two uniform numbers in (-1, 1) has a standard deviation of 1/3.
    expect(Math.abs(correlation)).toBeLessThan((5 * Math.sqrt(ids)) / 3);
  }
});
