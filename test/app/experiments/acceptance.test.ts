import { describe, expect, it } from 'vitest';
import { acceptanceOf, runLengths } from '../../../src/app/experiments/models/acceptance.js';

const trace = (digits: string) => [...digits].map((digit) => digit === '1');

describe('acceptance by runs', () => {
  it('ends a run at a wrong guess and at the end of the text', () => {
    expect(runLengths(trace('1101'))).toEqual([2, 1]);
    expect(runLengths(trace('0011'))).toEqual([0, 0, 2]);
    expect(runLengths(trace('10'))).toEqual([1]);
    expect(runLengths([])).toEqual([]);
  });

  it('is 1 - 1 / (1 + r)', () => {
    expect(acceptanceOf([trace('1110'), trace('10')])).toEqual({ meanRun: 2, acceptance: 1 - 1 / 3 });
    expect(acceptanceOf([trace('000')]).acceptance).toBe(0);
  });
});
