import { describe, expect, it } from 'vitest';
import { announcedTimes, PassTimes, type PassTiming, steadyTiming } from '../../src/core/pass-timing.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';

function draw(timing: Partial<PassTiming>, count: number, tokens = 1): number[] {
  const times = new PassTimes({ ...steadyTiming(10), ...timing }, createSeededRandom(7));
  return Array.from({ length: count }, () => times.next(tokens));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('pass times', () => {
  it('are the given ones when nothing varies, and as announced for more tokens', () => {
    expect(draw({}, 3)).toEqual([10, 10, 10]);
    expect(draw({ perTokenMs: 0.5 }, 1, 9)).toEqual([14]);
    expect(announcedTimes({ ...steadyTiming(10), perTokenMs: 0.5 })).toEqual([
      { tokens: 1, ms: 10 },
      { tokens: 64, ms: 41.5 },
    ]);
    expect(announcedTimes(steadyTiming(10))).toEqual([{ tokens: 1, ms: 10 }]);
  });

  it('keep their mean when they vary, and have the spread asked for', () => {
    const values = draw({ jitter: 0.4 }, 50_000);
    const average = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
    expect(average).toBeCloseTo(10, 1);
    expect(deviation / average).toBeCloseTo(0.4, 1);
  });

  it('are a share of stragglers', () => {
    const slow = draw({ stragglers: 0.1, stragglerFactor: 7 }, 20_000).filter((value) => value === 70);
    expect(slow.length / 20_000).toBeCloseTo(0.1, 2);
  });

  it('drift evenly, and stay where they have got to', () => {
    const values = draw({ drift: 3 }, 1500);
    expect([values[0], values[500], values[1000], values[1499]]).toEqual([10, 20, 30, 30]);
  });
});
