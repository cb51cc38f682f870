import { describe, expect, it } from 'vitest';
import { Level } from '../../src/core/level.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';

const random = createSeededRandom(4);

/** Notes so many values spread evenly around a mean. */
function note(level: Level, times: number, mean: number, spread = 0): void {
  for (let i = 0; i < times; i++) level.note(mean + spread * (2 * random() - 1));
}

describe('a level', () => {
  it('begins with the first measurement, or with what was assumed', () => {
    const unknown = new Level('time', 20, 400);
    expect(unknown.measured).toBe(0);
    unknown.note(7);
    expect(unknown).toMatchObject({ measured: 1, mean: 7 });
    const assumed = new Level('time', 20, 400, 1, 10);
    assumed.note(12);
    expect(assumed.mean).toBe(2);
  });

  it('is known better the longer it stays', () => {
    const level = new Level('time', 20, 400);
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

  it.each([0, 2])('follows when it moves, with a spread of %d', (spread) => {
    const level = new Level('time', 20, 400);
    note(level, 1000, 10, spread);
    note(level, 60, 15, spread);
    expect(Math.abs(level.mean - 15)).toBeLessThan(1);
  });

  it('knows how much single measurements vary ever better', () => {
    const level = new Level('time', 20, 400);
    note(level, 400, 10, 5);
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      note(level, 1, 10, 5);
      most = Math.max(most, Math.abs(level.variation - 0.5 / Math.sqrt(3)));
    }
    expect(most).toBeLessThan(0.04);
  });

  it('tells how much single measurements vary, whatever the level did meanwhile', () => {
    const level = new Level('time', 20, 400);
    note(level, 1000, 10);
    expect(level.variation).toBe(0);
    note(level, 500, 20, 6);
    // Uniform within 6: a standard deviation of 6 / sqrt 3.
    expect(level.variation).toBeGreaterThan(0.1);
    expect(level.variation).toBeLessThan(0.25);
  });

  it('of times is not left for single passes that take several times as long', () => {
    const level = new Level('time', 20, 1000);
    const noise = createSeededRandom(8);
    let furthest = 0;
    for (let i = 0; i < 20_000; i++) {
      // Log-normal, mean 10 and coefficient of variation .5.
      const normal = Math.sqrt(-2 * Math.log(1 - noise())) * Math.cos(2 * Math.PI * noise());
      level.note(10 * Math.exp(0.4724 * normal - 0.1116));
      if (i > 1000) furthest = Math.max(furthest, Math.abs(level.mean - 10));
    }
    expect(furthest).toBeLessThan(1);
    expect(level.variation).toBeGreaterThan(0.45);
    expect(level.variation).toBeLessThan(0.55);
  });

  it('keeps what it knows of single measurements when it moves', () => {
    const level = new Level('time', 20, 1000);
    note(level, 1000, 10, 5);
    const before = level.variation;
    note(level, 100, 30, 15);
    expect(level.variation / before).toBeGreaterThan(0.9);
    expect(level.variation / before).toBeLessThan(1.1);
  });
});
