import { describe, expect, it } from 'vitest';
import { chooseTarget, type IdleTarget } from '../../src/core/target-choice.js';

/** Holding so many tokens, of targets that take 20 ms and so much more for each further token of a path of 1,000. */
function holding(heldTokens: readonly number[], perTokenMs: number): IdleTarget[] {
  return heldTokens.map((held) => ({
    heldTokens: held,
    jobMs: 20 + perTokenMs * (1000 - held - 1),
    passMs: 20,
  }));
}

describe('the target that is given a job', () => {
  it.each([
    ['none', [10, 990, 400, 990], 0, 1],
    ['si', [10, 990, 400, 990], 0, 1],
    ['dsi', [990, 400, 10, 10], 0, 2],
    ['dsi', [990, 400, 985, 980], 0.1, 3],
    ['dsi', [10, 400, 900], 1, 2],
    ['dsi', [500], 1, 0],
  ] as const)(
    'is in %s of those that hold %j, each token at %d ms, number %i',
    (mode, held, perTokenMs, number) => {
      expect(chooseTarget(mode, holding(held, perTokenMs))).toBe(number);
    },
  );

  it('is in dsi a fast one, however little it holds', () => {
    const slow = { heldTokens: 900, jobMs: 60, passMs: 50 };
    const fast = { heldTokens: 100, jobMs: 25, passMs: 20 };
    expect(chooseTarget('dsi', [slow, fast])).toBe(1);
    expect(chooseTarget('none', [slow, fast])).toBe(0);
  });
});
