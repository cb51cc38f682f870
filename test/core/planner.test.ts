import { describe, expect, it } from 'vitest';
import {
  forwardMs,
  jobTokensFor,
  MAX_AHEAD_TOKENS,
  planGeneration,
  waitTokensFor,
} from '../../src/core/planner.js';

const flat = [{ tokens: 1, ms: 20 }];
const steep = [
  { tokens: 1, ms: 10 },
  { tokens: 2, ms: 20 },
  { tokens: 4, ms: 40 },
];

function plan(asked: Partial<Parameters<typeof planGeneration>[0]>) {
  return planGeneration({
    mode: 'dsi',
    lookahead: undefined,
    targets: 4,
    targetTimes: flat,
    draftMs: 2,
    ...asked,
  });
}

describe('forwardMs', () => {
  it.each([
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
    [8, 80],
  ])('of %i tokens is on the line through the measured points (%d ms)', (tokens, ms) => {
    expect(forwardMs(steep, tokens)).toBeCloseTo(ms, 9);
  });

  it('is the one measured time, whatever the tokens, when there is but one', () => {
    expect([forwardMs(flat, 1), forwardMs(flat, 50), forwardMs([], 3)]).toEqual([20, 20, 0]);
  });

  it('never falls beyond the last point', () => {
    const noisy = [
      { tokens: 1, ms: 10 },
      { tokens: 2, ms: 9 },
    ];
    expect(forwardMs(noisy, 10)).toBe(9);
  });
});

describe('planGeneration', () => {
  it.each([
    [20, 2, 10, 1],
    [20, 2, 4, 3],
    [20, 2, 1, 10],
    [50, 34, 7, 1],
    [1, 10, 2, 1],
  ])(
    'keeps Eq. 1: T %d ms, c %d ms, %i targets need a lookahead of %i',
    (ms, draftMs, targets, lookahead) => {
      const made = plan({ targetTimes: [{ tokens: 1, ms }], draftMs, targets });
      expect(made).toMatchObject({ lookahead, targets });
      if (lookahead > 1) expect(Math.ceil(ms / (lookahead * draftMs))).toBeLessThanOrEqual(targets);
    },
  );

  it('takes the lookahead that was asked for, and says so', () => {
    expect(plan({ lookahead: 7 })).toMatchObject({
      lookahead: 7,
      reason: expect.stringContaining('asked for'),
    });
  });

  it('lets drafters run far enough ahead to keep every target busy, within bounds', () => {
    expect(plan({ targets: 10 }).ahead).toBeGreaterThanOrEqual(10);
    expect(plan({ draftMs: 0.01 }).ahead).toBe(MAX_AHEAD_TOKENS);
    expect(plan({ mode: 'si', lookahead: 5 }).ahead).toBe(5);
    expect(plan({ draftMs: undefined }).ahead).toBe(0);
    expect(plan({ mode: 'none' }).ahead).toBe(0);
  });

  it('uses one target where the mode does', () => {
    expect([plan({ mode: 'none' }).targets, plan({ mode: 'si' }).targets]).toEqual([1, 1]);
  });
});

describe('jobTokensFor', () => {
  it('is as much as there is where passes cost the same, and nothing where they cost their tokens', () => {
    expect(jobTokensFor(flat, 0.9, 20)).toBe(20);
    expect(jobTokensFor(steep, 0.5, 20)).toBe(0);
    expect(jobTokensFor(flat, 0, 20)).toBe(0);
  });

  it('is the best rate of all', () => {
    const times = [
      { tokens: 1, ms: 20 },
      { tokens: 10, ms: 38 },
    ];
    const rate = (a: number, drafts: number) => (1 - a ** (drafts + 1)) / (1 - a) / (18 + 2 * (drafts + 1));
    for (const a of [0.3, 0.6, 0.8, 0.95]) {
      const chosen = jobTokensFor(times, a, 30);
      const best = Math.max(...Array.from({ length: 31 }, (_, drafts) => rate(a, drafts)));
      expect(rate(a, chosen)).toBeGreaterThan(best * 0.999);
    }
  });
});

describe('waitTokensFor', () => {
  it('waits for nothing where targets keep up with the drafter, and for some where they do not', () => {
    expect(waitTokensFor(flat, 2, 0.8, 10, 16)).toBe(0);
    expect(waitTokensFor(flat, 2, 0.8, 1, 16)).toBeGreaterThan(2);
    expect(waitTokensFor(flat, 2, 0, 1, 16)).toBe(0);
  });
});
