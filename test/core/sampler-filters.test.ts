import fc from 'fast-check';
import { expect, it } from 'vitest';
import { filterCut } from '../../src/core/sampler-filters.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { naiveKept } from './naive-sampler.js';

/** The cut keeps exactly the tokens that whole sorts and exact exponentials keep. */

const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const off = <T>(value: T, on: fc.Arbitrary<T>) => fc.oneof(fc.constant(value), on);

/** A few likely tokens above many that are `floor` less likely: the nucleus may end in either. */
const row = fc
  .record({
    size: fc.integer({ min: 300, max: 1500 }),
    likely: fc.integer({ min: 1, max: 20 }),
    floor: fraction(0, 12),
    spread: fraction(0, 6),
    start: fc.nat(1_000_000),
  })
  .map(({ size, likely, floor, spread, start }) =>
    Float32Array.from({ length: size }, (_, id) => {
      const wave = Math.sin((start + id) * (start + id + 1));
      return (id * 31) % size < likely ? wave : spread * wave - floor;
    }),
  );

it('equals whole sorts', () => {
  const parameters = fc.record({
    temperature: fraction(0.2, 2),
    topK: off(0, fc.integer({ min: 1, max: 1600 })),
    topP: off(1, fraction(0.01, 0.9999)),
    minP: off(0, fraction(0.0001, 1)),
  });
  fc.assert(
    fc.property(row, parameters, (logits, filters) => {
      const p = { ...neutralSampler, promptLength: 1, ...filters };
      const cut = filterCut(logits, p, Math.max(...logits));
      let { ties } = cut;
      const kept = Array.from(logits.keys()).filter((id) => {
        const logit = logits[id] as number;
        return logit > cut.value || (logit === cut.value && ties-- > 0);
      });
      expect(kept).toEqual(naiveKept(p, Array.from(logits)).sort((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});

it('finds a nucleus that ends among many unlikely tokens', () => {
  const logits = Float32Array.from({ length: 20_000 }, (_, id) => (id === 0 ? 0 : -9 - (id % 1000) / 1000));
  const p = { ...neutralSampler, promptLength: 1, temperature: 1, topP: 0.8 };
  const { value, ties } = filterCut(logits, p, 0);
  const above = logits.filter((logit) => logit > value).length;
  expect(above + ties).toBe(naiveKept(p, Array.from(logits)).length);
  expect(value).toBeLessThan(-9);
});
