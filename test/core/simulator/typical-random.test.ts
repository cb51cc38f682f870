import { describe, expect, it } from 'vitest';
import { PassTimes, steadyTiming } from '../../../src/core/pass-timing.js';
import { typicalRandom } from '../../../src/core/simulator/typical-random.js';
import { mean } from '../../../src/core/statistics.js';

const DRAWS = 256;

describe('typical random numbers', () => {
  it.each([0.1, 0.5])('make typical passes of every %d that vary', (jitter) => {
    const times = new PassTimes({ ...steadyTiming(1), jitter }, typicalRandom(3, 1));
    const passes = Array.from({ length: DRAWS }, () => times.next(1));
    const middle = mean(passes);
    expect(Math.abs(middle - 1)).toBeLessThan(0.005);
    const deviation = Math.sqrt(mean(passes.map((ms) => (ms - middle) ** 2)));
    expect(Math.abs(deviation / jitter - 1)).toBeLessThan(0.02);
  });

  it('come in an order of their own for each worker and seed, the same each time', () => {
    const first = (seed: number, worker: number) => {
      const random = typicalRandom(seed, worker);
      return Array.from({ length: 8 }, random);
    };
    expect(first(1, 1)).toEqual(first(1, 1));
    expect(first(1, 1)).not.toEqual(first(1, 2));
    expect(first(1, 1)).not.toEqual(first(2, 1));
  });
});
