import { describe, expect, it } from 'vitest';
import {
  bestLookahead,
  closedFormMsPerToken,
  type SpeedSettings,
  smallestLookahead,
} from '../../src/core/closed-forms.js';
import { idealDistributedMs, idealRoundsMs, type RunTrace } from '../../src/core/ideal.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';

const row: SpeedSettings = {
  mode: 'dsi',
  targetMs: 20,
  drafterMs: 2,
  acceptance: 0.8,
  lookahead: 1,
  targets: 11,
};

function msPerToken(changes: Partial<SpeedSettings>): number {
  return closedFormMsPerToken({ ...row, ...changes });
}

describe('closedFormMsPerToken', () => {
  it('is T in plain decoding', () => {
    expect(msPerToken({ mode: 'none' })).toBe(20);
  });

  it.each([
    [1, 22 / 1.8],
    [3, (26 * 0.2) / (1 - 0.8 ** 4)],
  ])('is (k c + T)(1 - a)/(1 - a^(k+1)) in speculative inference with k = %i', (lookahead, expected) => {
    expect(msPerToken({ mode: 'si', lookahead })).toBeCloseTo(expected, 9);
  });

  it('is a c + (1 - a) T in DSI with enough targets and k = 1', () => {
    expect(msPerToken({})).toBeCloseTo(0.8 * 2 + 0.2 * 20, 9);
  });

  it('is (1 - a)(T + k c a/(1 - a^k)) in DSI with enough targets', () => {
    expect(msPerToken({ lookahead: 5, targets: 2 })).toBeCloseTo(0.2 * (20 + (10 * 0.8) / (1 - 0.8 ** 5)), 9);
  });

  it('has an end where every draft is right or none is', () => {
    expect(msPerToken({ acceptance: 1 })).toBe(2);
    expect(msPerToken({ mode: 'si', acceptance: 1, lookahead: 4 })).toBeCloseTo(28 / 5, 9);
    for (const mode of ['si', 'dsi'] as const)
      expect(msPerToken({ mode, acceptance: 0, lookahead: 3 })).toBe(mode === 'si' ? 26 : 20);
  });

  it('lets free drafts cost what the targets take to decide them', () => {
    const free = { drafterMs: 0, lookahead: 100, targets: 7 };
    expect(msPerToken({ ...free, acceptance: 0.5 })).toBeCloseTo(10, 9);
    expect(msPerToken({ ...free, acceptance: 1 })).toBeCloseTo(20 / 700, 9);
  });

  it.each([
    { mode: 'si', lookahead: 4 },
    { mode: 'dsi', lookahead: 1, targets: 10 },
    { mode: 'dsi', lookahead: 4, targets: 3 },
    { mode: 'dsi', lookahead: 10, targets: 1 },
  ] as const)('is what the ideal takes on a long trace: %o', (changes) => {
    for (const acceptance of [0.3, 0.7, 0.93]) {
      const settings = { ...row, ...changes, acceptance };
      const random = createSeededRandom(5);
      const trace: RunTrace = {
        drafted: Array.from({ length: 200_000 }, (_, token) => token > 0 && random() < acceptance),
        targetMs: settings.targetMs,
        drafterMs: settings.drafterMs,
      };
      const idealMs =
        settings.mode === 'si'
          ? idealRoundsMs(trace, settings.lookahead)
          : idealDistributedMs(trace, settings);
      const ratio = idealMs / (trace.drafted.length - 1) / closedFormMsPerToken(settings);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
    }
  });
});

describe('the lookahead', () => {
  it('is the smallest that Eq. 1 allows', () => {
    for (const targets of [1, 2, 3, 7, 16])
      for (const drafterMs of [0.3, 1, 2.5, 4, 6.8, 40]) {
        const k = smallestLookahead({ targetMs: 20, drafterMs, targets });
        expect(Math.ceil(20 / (k * drafterMs))).toBeLessThanOrEqual(targets);
        if (k > 1) expect(Math.ceil(20 / ((k - 1) * drafterMs))).toBeGreaterThan(targets);
      }
    expect(smallestLookahead({ targetMs: 20, drafterMs: 0, targets: 7 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts the hops of a job as time that its target is busy', () => {
    const spare = { targetMs: 20, drafterMs: 2, targets: 11 };
    expect([0, 0.9, 1.1].map((hopMs) => smallestLookahead(spare, hopMs))).toEqual([1, 1, 2]);
  });

  it('is best where no other makes for less time', () => {
    const best = bestLookahead({ ...row, mode: 'si' }, { least: 1, most: 12 });
    expect(best).toEqual({ lookahead: 6, ms: msPerToken({ mode: 'si', lookahead: 6 }) });
    for (let lookahead = 1; lookahead <= 12; lookahead++)
      expect(msPerToken({ mode: 'si', lookahead })).toBeGreaterThanOrEqual(best.ms);
    expect(bestLookahead(row, { least: 3, most: 9 }).lookahead).toBe(3);
  });
});
