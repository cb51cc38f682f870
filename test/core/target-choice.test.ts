import { describe, expect, it } from 'vitest';
import { catchUpTokens, chooseTarget, isBehind, type TargetView } from '../../src/core/target-choice.js';

const same = (target: TargetView) => target;

/** Holding so many tokens, of targets that take 20 ms and so much more for each further token of a path of 1,000. */
function holding(heldTokens: readonly number[], perTokenMs: number): TargetView[] {
  return heldTokens.map((held) => ({
    heldTokens: held,
    jobMs: 20 + perTokenMs * (1000 - held - 1),
    passMs: 20,
  }));
}

describe('the target that is given a job', () => {
  it.each([
    [true, [10, 990, 400, 990], 0, 1],
    [false, [990, 400, 10, 10], 0, 2],
    [false, [990, 400, 979, 981], 0.1, 3],
    [false, [10, 400, 900], 1, 2],
    [false, [500], 1, 0],
  ] as const)(
    'is, urgent %j, of those that hold %j, each token at %d ms, number %i',
    (isUrgent, held, perTokenMs, number) => {
      const targets = holding(held, perTokenMs);
      expect(chooseTarget(targets, isUrgent, same)).toBe(targets[number]);
    },
  );

  it('is none where there is none', () => {
    expect(chooseTarget([], false, same)).toBeUndefined();
  });

  it('is a fast one, however little it holds, unless the job is urgent', () => {
    const slow = { heldTokens: 900, jobMs: 50, passMs: 50 };
    const fast = { heldTokens: 100, jobMs: 25, passMs: 20 };
    expect(chooseTarget([slow, fast], false, same)).toBe(fast);
    expect(chooseTarget([slow, fast], true, same)).toBe(slow);
  });

  it('may have announced itself a little slower than others', () => {
    const slower = { heldTokens: 100, jobMs: 22, passMs: 22 };
    const faster = { heldTokens: 900, jobMs: 20, passMs: 20 };
    expect(chooseTarget([faster, slower], false, same)).toBe(slower);
  });
});

describe('a target that fell behind', () => {
  it('is one that would have a job done by more than one of its passes later than another one', () => {
    const views = holding([1000, 979, 978, 0], 1);
    expect(views.map((view) => isBehind(view, 20))).toEqual([false, false, true, true]);
    expect(isBehind({ heldTokens: 990, jobMs: 90, passMs: 90 }, 20)).toBe(false);
  });

  it('catches up with as much as takes it three passes, and goes on in any case', () => {
    const passMs = (tokens: number) => 20 + 2 * (tokens - 1);
    expect(catchUpTokens(1000, passMs)).toBe(21);
    expect(catchUpTokens(7, passMs)).toBe(7);
    expect(catchUpTokens(100, () => 20)).toBe(100);
    expect(catchUpTokens(100, (tokens) => 20 * tokens ** 4)).toBe(1);
  });
});
