import { describe, expect, it } from 'vitest';
import { Level } from '../../src/core/level.js';
import { PassTimes, steadyTiming } from '../../src/core/pass-timing.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';

const random = createSeededRandom(4);

/** Variation of a log-normal with the variance that logarithms of even values from half the mean to half more have. */
const EVENLY_SPREAD = 0.318;

/** Notes so many values spread evenly around a mean. */
function note(level: Level, times: number, mean: number, spread = 0): void {
  for (let i = 0; i < times; i++) level.note(mean + spread * (2 * random() - 1));
}

describe('a level', () => {
  it('begins with the first measurement, or with what was assumed', () => {
    const unknown = new Level('factor', 20, 400);
    expect(unknown.measured).toBe(0);
    unknown.note(7);
    expect(unknown).toMatchObject({ measured: 1, mean: 7 });
    const assumed = new Level('factor', 20, 400, 1, 10);
    assumed.note(12);
    expect(assumed.mean).toBe(2);
  });

  it('is known better the longer it stays', () => {
    const level = new Level('factor', 20, 400);
    const furthest = (times: number) => {
      let most = 0;
      for (let i = 0; i < times; i++) {
        note(level, 1, 10, 5);
        most = Math.max(most, Math.abs(level.mean - 10));
      }
      return most;
    };
    note(level, 1000, 10, 5);
    // The mean of the last twenty would stray three times as far.
    expect(furthest(1000)).toBeLessThan(0.6);
  });

  describe.each(['share', 'factor'] as const)('of a %s', (kind) => {
    it.each([
      [0, 10, 15],
      [2, 10, 15],
      [0.2, 10, 1],
    ])('follows when it moves, with a spread of %d from %d to %d', (spread, from, to) => {
      const level = new Level(kind, 20, 400);
      note(level, 1000, from, spread);
      note(level, 100, to, spread);
      expect(Math.abs(level.mean - to)).toBeLessThan(0.2 * Math.abs(from - to));
    });
  });

  it('takes a value that is the mean of several for so many', () => {
    const [single, together] = [new Level('factor', 20, 400), new Level('factor', 20, 400)];
    for (let i = 0; i < 30; i++) {
      const mean = i % 2 === 0 ? 10 : 12;
      note(single, 5, mean);
      together.note(mean, 5);
    }
    expect(together.measured).toBe(single.measured);
    expect(together.mean).toBeCloseTo(single.mean, 1);
  });

  it('is not shaken by a measurement of next to nothing', () => {
    const level = new Level('factor', 20, 400);
    note(level, 1000, 10, 5);
    level.note(0);
    expect(level.mean).toBeCloseTo(10, 0);
    expect(level.measured).toBe(400);
  });

  it('knows how much single measurements vary ever better', () => {
    const level = new Level('factor', 20, 400);
    note(level, 400, 10, 5);
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      note(level, 1, 10, 5);
      most = Math.max(most, Math.abs(level.variation - EVENLY_SPREAD));
    }
    expect(most).toBeLessThan(0.04);
  });

  it('tells how much single measurements vary, whatever the level did meanwhile', () => {
    const level = new Level('factor', 20, 400);
    note(level, 1000, 10);
    expect(level.variation).toBe(0);
    note(level, 500, 20, 6);
    // Uniform within 6: a standard deviation of 6 / sqrt 3.
    expect(level.variation).toBeGreaterThan(0.1);
    expect(level.variation).toBeLessThan(0.25);
  });

  it('of factors is not left for single passes that take several times as long', () => {
    const level = new Level('factor', 20, 1000);
    const passes = new PassTimes({ ...steadyTiming(10), jitter: 0.5 }, createSeededRandom(8));
    let furthest = 0;
    for (let i = 0; i < 20_000; i++) {
      level.note(passes.next(1));
      if (i > 1000) furthest = Math.max(furthest, Math.abs(level.mean - 10));
    }
    expect(furthest).toBeLessThan(1);
    expect(level.variation).toBeGreaterThan(0.45);
    expect(level.variation).toBeLessThan(0.55);
  });

  it('keeps what it knows of single measurements when it moves', () => {
    const level = new Level('factor', 20, 1000);
    note(level, 1000, 10, 5);
    const before = level.variation;
    note(level, 100, 30, 15);
    expect(level.variation / before).toBeGreaterThan(0.9);
    expect(level.variation / before).toBeLessThan(1.1);
  });
});
