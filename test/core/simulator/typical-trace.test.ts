import { describe, expect, it } from 'vitest';
import { typicalTrace } from '../../../src/core/simulator/typical-trace.js';

describe('a typical trace', () => {
  it.each([0, 0.3, 0.6, 0.8, 0.95])(
    'has a share of %d of its drafts right, in runs of geometric length',
    (a) => {
      const trace = typicalTrace(a, 400);
      const right = trace.filter(Boolean).length;
      expect(Math.abs(right / trace.length - a)).toBeLessThan(0.01);
      const longRuns = trace
        .map((_, at) => trace.slice(at, at + 3))
        .filter((run) => run.length === 3 && run.every(Boolean));
      expect(Math.abs(longRuns.length / trace.length - a ** 3)).toBeLessThan(0.06);
    },
  );

  it.each([0.4, 0.9])(
    'of %d, however short and whichever it is, has the right mean and ends with a wrong draft',
    (a) => {
      for (let text = 0; text < 20; text++) {
        const trace = typicalTrace(a, 64, text);
        const wrong = trace.filter((isRight) => !isRight).length;
        expect(Math.abs((trace.length - wrong) / wrong - a / (1 - a))).toBeLessThan(0.15);
        expect(trace.at(-1)).toBe(false);
      }
      expect(typicalTrace(a, 64, 1)).not.toEqual(typicalTrace(a, 64, 2));
    },
  );

  it('is right throughout where every draft is', () => {
    expect(typicalTrace(1, 50)).toEqual(new Array(50).fill(true));
  });
});
