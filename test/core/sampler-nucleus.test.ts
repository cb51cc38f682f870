import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gumbelBounds, noiseKey } from '../../src/core/noise.js';
import { type Contest, largestNoisyLogit } from '../../src/core/sampler-contest.js';
import { filterCut } from '../../src/core/sampler-filters.js';
import { NucleusContest } from '../../src/core/sampler-nucleus.js';
import { neutralSampler, type SamplerParameters } from '../../src/core/sampler-parameters.js';

/** Winner and runner-up among the near tokens are those among what the cut keeps of the whole row, bit by bit. */

const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** A few likely tokens above many unlikely ones; `grain` rounds, which makes ties; some are excluded. */
const row = fc
  .record({
    size: fc.integer({ min: 1, max: 700 }),
    likely: fc.integer({ min: 1, max: 30 }),
    floor: fraction(0, 30),
    spread: fraction(0, 8),
    grain: fc.constantFrom(0, 0.01, 0.5, 2),
    excluded: fc.constantFrom(0, 7),
    start: fc.nat(1_000_000),
  })
  .map(({ size, likely, floor, spread, grain, excluded, start }) =>
    Float32Array.from({ length: size }, (_, id) => {
      const wave = Math.sin((start + id) * (start + id + 1));
      const logit = (id * 31) % size < likely ? 4 * wave : spread * wave - floor;
      if (excluded > 0 && id > 0 && id % excluded === 0) return Number.NEGATIVE_INFINITY;
      return grain === 0 ? logit : Math.round(logit / grain) * grain;
    }),
  );

const parameters = fc
  .record({
    temperature: fraction(0.05, 2),
    topP: fc.oneof(fraction(0.0001, 0.9999), fc.constantFrom(0.5, 0.9, 0.95)),
    minP: fc.oneof(fc.constant(0), fraction(0.0001, 1)),
  })
  .map((filters): SamplerParameters => ({ ...neutralSampler, promptLength: 1, ...filters }));

interface Both {
  readonly near: Contest | undefined;
  readonly whole: Contest;
}

function both(logits: Float32Array, p: SamplerParameters, seed: number): Both {
  const largest = Math.max(...logits);
  const key = noiseKey(seed, 5);
  const bounds = gumbelBounds(p.temperature);
  const whole = largestNoisyLogit(logits, filterCut(logits, p, largest), key, p.temperature, bounds);
  return { near: new NucleusContest().decide(logits, p, largest, key, bounds), whole };
}

describe('the contest among the likeliest', () => {
  it('is that among what the cut keeps', () => {
    fc.assert(
      fc.property(row, parameters, fc.nat(), (logits, p, seed) => {
        const { near, whole } = both(logits, p, seed);
        if (near !== undefined) expect(near).toEqual(whole);
      }),
      { numRuns: 5000 },
    );
  });

  it('is decided for nearly every row of a language model', () => {
    let decided = 0;
    for (let seed = 0; seed < 200; seed++) {
      const logits = Float32Array.from({ length: 5000 }, (_, id) => {
        const wave = Math.sin((seed + 1) * (id + 1) * (id + 2));
        return id % 500 === 3 ? 18 + 4 * wave : 3 * wave;
      });
      const p = { ...neutralSampler, promptLength: 1, temperature: 0.8, topP: 0.95 };
      const { near, whole } = both(logits, p, seed);
      if (near === undefined) continue;
      decided++;
      expect(near).toEqual(whole);
    }
    expect(decided).toBeGreaterThan(190);
  });

  it('is left to the cut where the nucleus may end among tokens that are far', () => {
    const p = { ...neutralSampler, promptLength: 1, temperature: 1 };
    const tail = Float32Array.from({ length: 4000 }, (_, id) => (id === 0 ? 0 : -17));
    expect(both(tail, { ...p, topP: 0.99999 }, 1).near).toBeUndefined();
  });
});
