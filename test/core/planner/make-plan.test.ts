import { describe, expect, it } from 'vitest';
import type { GenerationMode } from '../../../src/core/generation.js';
import { forwardMs, slopeMs } from '../../../src/core/planner/forward-times.js';
import {
  jobTokensFor,
  lookaheadFor,
  MAX_AHEAD_TOKENS,
  makePlan,
  roundFor,
  waitFor,
} from '../../../src/core/planner/make-plan.js';
import type { Situation } from '../../../src/core/planner/situation.js';

const flat = [{ tokens: 1, ms: 20 }];
const steep = [
  { tokens: 1, ms: 10 },
  { tokens: 2, ms: 20 },
  { tokens: 4, ms: 40 },
];

function situation(asked: Partial<Situation> = {}): Situation {
  return {
    targetTimes: flat,
    draftMs: 2,
    acceptance: 0.8,
    hopMs: 0,
    targets: 4,
    drafters: 1,
    sharesHost: false,
    jitter: 0,
    decided: 1000,
    passes: 1000,
    remaining: 256,
    ...asked,
  };
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
    expect([slopeMs(noisy, 8), slopeMs(steep, 4), slopeMs(steep, 1)]).toEqual([0, 10, 0]);
  });
});

describe('the lookahead by Eq. 1', () => {
  it.each([
    [20, 2, 10, 0, 1],
    [20, 2, 4, 0, 3],
    [20, 2, 1, 0, 10],
    [20, 2, 10, 0.5, 2],
    [50, 34, 7, 0, 1],
    [1, 10, 2, 0, 1],
  ])('for T %d ms, c %d ms, %i targets and hops of %d ms is %i', (ms, draftMs, targets, hopMs, lookahead) => {
    const made = situation({ targetTimes: [{ tokens: 1, ms }], draftMs, targets, hopMs });
    expect(lookaheadFor(made)).toBe(lookahead);
    if (lookahead > 1)
      expect(Math.ceil((ms + 2 * hopMs) / (lookahead * draftMs))).toBeLessThanOrEqual(targets);
  });
});

describe('a plan', () => {
  const choice = { mode: 'dsi', lookahead: 1, wait: 0, drafters: 1 } as const;

  it('lets drafters run far enough ahead to keep every target busy, within bounds', () => {
    expect(makePlan(choice, situation({ targets: 10 }), '').ahead).toBeGreaterThanOrEqual(10);
    const aheadAt = (acceptance: number) =>
      makePlan(choice, situation({ draftMs: 0.01, acceptance }), '').ahead;
    expect(aheadAt(1)).toBe(MAX_AHEAD_TOKENS);
    // Beyond where drafts are likely it would only be further to come back from.
    expect([0, 0.5, 0.9].map(aheadAt)).toEqual([64, 64, 64]);
    expect(aheadAt(0.95)).toBe(89);
    expect(makePlan({ ...choice, mode: 'si', lookahead: 5 }, situation(), '')).toMatchObject({
      ahead: 5,
      jobTokens: 5,
      targets: 1,
    });
  });

  it('lets a drafter whose drafts are all right never wait for a draft that just missed a job', () => {
    const sure = situation({ acceptance: 1, hopMs: 5, targets: 2 });
    // To the controller, until a job is over and back, to the target, its pass, and back to the drafter.
    const longestMs = 5 + (20 + 2 * 5) + 5 + 20 + 5;
    expect(2 * makePlan(choice, sure, '').ahead).toBeGreaterThan(longestMs);
    // One that does not listen hears of three quarters of what is committed, at times.
    const [told, untold] = [4, 16].map(
      (targets) => makePlan(choice, situation({ acceptance: 1, draftMs: 1, targets }), '').ahead,
    );
    expect((untold as number) / (told as number)).toBeCloseTo(4 / 3, 1);
  });

  it('lets drafters rest beside the only target of their host, where they draft ahead of it', () => {
    const restsAt = (mode: GenerationMode, asked: Partial<Situation>) =>
      makePlan({ ...choice, mode }, situation({ targets: 1, sharesHost: true, ...asked }), '')
        .leastLikelihood;
    expect(restsAt('dsi', {})).toBeGreaterThan(0);
    expect([restsAt('dsi', { sharesHost: false }), restsAt('dsi', { targets: 2 })]).toEqual([0, 0]);
    expect([restsAt('si', {}), restsAt('none', {})]).toEqual([0, 0]);
    // Such a slow one does not listen.
    expect(restsAt('dsi', { draftMs: 15 })).toBe(0);
    expect(restsAt('dsi', { targetTimes: [{ tokens: 1, ms: 0 }], draftMs: 0 })).toBe(0);
  });

  it('asks likelier drafts of a drafter the dearer they are there, and more of places the more they add to a pass', () => {
    const beside = (asked: Partial<Situation>) =>
      makePlan(choice, situation({ targets: 1, sharesHost: true, ...asked }), '');
    expect(beside({ draftMs: 4 }).leastLikelihood).toBeGreaterThan(beside({ draftMs: 1 }).leastLikelihood);
    // Of drafts that are seldom right the ones before must be the surer.
    const restsAt = (acceptance: number) => beside({ draftMs: 1, acceptance }).leastLikelihood;
    expect(restsAt(0.2)).toBeGreaterThan(restsAt(0.5));
    expect(restsAt(0)).toBe(0.5);
    // Four tokens cost what one does, a fifth as much again.
    const step = [
      { tokens: 1, ms: 20 },
      { tokens: 4, ms: 20 },
      { tokens: 5, ms: 40 },
      { tokens: 16, ms: 40 },
    ];
    const { placeCosts, jobTokens } = beside({ targetTimes: step, acceptance: 0.9 });
    expect(placeCosts.length).toBe(jobTokens + 1);
    expect(placeCosts.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(placeCosts[4]).toBeGreaterThan(1);
    expect(placeCosts[5]).toBe(placeCosts[4]);
    expect(makePlan(choice, situation({ targetTimes: step }), '').placeCosts).toEqual([]);
  });

  it('leaves room for drafts that are surer than most where likelihood decides', () => {
    const jobs = [false, true].map(
      (sharesHost) =>
        makePlan(
          { ...choice, wait: 16 },
          situation({
            targets: 1,
            acceptance: 0.6,
            targetTimes: [
              { tokens: 1, ms: 20 },
              { tokens: 9, ms: 30 },
            ],
            sharesHost,
          }),
          '',
        ).wait,
    );
    expect(jobs[1]).toBeGreaterThan(jobs[0] as number);
  });

  it('verifies nothing in plain decoding, but goes on comparing a few drafts', () => {
    const plain = makePlan({ ...choice, mode: 'none' }, situation(), '');
    expect(plain).toMatchObject({ jobTokens: 0, targets: 1, ahead: 4 });
    expect(makePlan(choice, situation({ draftMs: undefined }), '')).toMatchObject({ mode: 'none', ahead: 0 });
  });

  it('waits for no more drafts than a job decides', () => {
    expect(
      makePlan({ ...choice, wait: 9 }, situation({ targetTimes: steep, acceptance: 0.4 }), '').wait,
    ).toBe(0);
  });
});

describe('the drafts that a job decides', () => {
  const most = (targetTimes: Situation['targetTimes'], acceptance: number) =>
    jobTokensFor(situation({ targetTimes, acceptance }), 20);

  it('are as many as there are where passes cost the same, and none where they cost their tokens', () => {
    expect([most(flat, 0.9), most(steep, 0.5), most(flat, 0)]).toEqual([20, 0, 0]);
  });

  it('give the best rate of all', () => {
    const targetTimes = [
      { tokens: 1, ms: 20 },
      { tokens: 10, ms: 38 },
    ];
    const rate = (a: number, drafts: number) => (1 - a ** (drafts + 1)) / (1 - a) / (18 + 2 * (drafts + 1));
    for (const a of [0.3, 0.6, 0.8, 0.95]) {
      const chosen = jobTokensFor(situation({ targetTimes, acceptance: a }), 30);
      const best = Math.max(...Array.from({ length: 31 }, (_, drafts) => rate(a, drafts)));
      expect(rate(a, chosen)).toBeGreaterThan(best * 0.999);
    }
  });
});

describe('the drafts of a round', () => {
  it('grow with acceptance and with what a round costs besides', () => {
    const round = (asked: Partial<Situation>) => roundFor(situation(asked));
    expect(round({ acceptance: 0 })).toBe(1);
    expect(round({ acceptance: 0.9 })).toBeGreaterThan(round({ acceptance: 0.5 }));
    expect(round({ hopMs: 10 })).toBeGreaterThan(round({ hopMs: 0 }));
  });
});

describe('the drafts that a root waits for', () => {
  it('are none where targets keep up with the drafter, and some where they do not', () => {
    expect(waitFor(situation({ targets: 10 }))).toBe(0);
    expect(waitFor(situation({ targets: 1 }))).toBeGreaterThan(2);
    expect(waitFor(situation({ targets: 1, acceptance: 0 }))).toBe(0);
    const slow = situation({ targets: 1, draftMs: 5 });
    expect(waitFor(slow)).toBe(0);
    expect(waitFor({ ...slow, sharesHost: true })).toBeGreaterThan(1);
  });
});
