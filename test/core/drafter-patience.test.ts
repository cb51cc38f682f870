import { describe, expect, it } from 'vitest';
import {
  type AwaitedDrafter,
  allowanceMs,
  flushMs,
  lateAtMs,
  noteAwaited,
  silenceMs,
} from '../../src/core/drafter-patience.js';
import type { Plan } from '../../src/core/generation.js';

const ALLOWANCE = 10;

function drafter(given: Partial<AwaitedDrafter> = {}): AwaitedDrafter {
  return { heardAtMs: 0, owesSinceMs: 0, misses: 0, ...given };
}

function plan(given: Partial<Plan>): Plan {
  const shared = { lookahead: 1, wait: 0, ahead: 8, leastLikelihood: 0, jobTokens: 8, placeCosts: [] };
  return { mode: 'dsi', ...shared, targets: 1, drafters: 1, reason: '', ...given };
}

describe('drafts', () => {
  it('wait longer for the rest of their message where targets keep up and wait for none', () => {
    const keepsUp = { lookahead: 3, targets: 5 };
    expect(flushMs(plan({ lookahead: 3, targets: 4 }), 2.5, 37.5)).toBe(4);
    expect(flushMs(plan(keepsUp), 2.5, 37.5)).toBe(12);
    expect(flushMs(plan({ ...keepsUp, wait: 1 }), 2.5, 37.5)).toBe(4);
    expect(flushMs(plan({ ...keepsUp, lookahead: 6 }), 2.5, 37.5)).toBe(4);
    expect(flushMs(plan(keepsUp), 0, 37.5)).toBe(4);
  });
});

describe('a drafter that is waited for', () => {
  it('is late an allowance after it was last heard of or waited for', () => {
    expect(lateAtMs(drafter({ heardAtMs: 5, owesSinceMs: 3 }), ALLOWANCE)).toBe(15);
    expect(lateAtMs(drafter({ heardAtMs: 5, owesSinceMs: 8 }), ALLOWANCE)).toBe(18);
  });

  it('is allowed the way there and back, and what drafts wait for others', () => {
    expect(allowanceMs(plan({}), 2, 4, 10) - allowanceMs(plan({}), 2, 4, 0)).toBe(20);
    expect(allowanceMs(plan({}), 2, 12, 0) - allowanceMs(plan({}), 2, 4, 0)).toBe(8);
    const round = plan({ mode: 'si', lookahead: 5 });
    expect(allowanceMs(round, 2, flushMs(round, 2, 20), 0)).toBe(24);
  });

  it('is not told again while it makes a round, which comes in one message', () => {
    const round = plan({ mode: 'si', lookahead: 64 });
    expect(silenceMs(round, 13.3)).toBeGreaterThan(64 * 13.3 + 20 * 13.3);
    expect(silenceMs(plan({ lookahead: 64 }), 13.3)).toBeLessThan(64 * 13.3);
  });

  it('gets new patience at once when it kept nobody waiting', () => {
    const prompt = drafter({ heardAtMs: 5, owesSinceMs: 3 });
    noteAwaited(prompt, 6, ALLOWANCE);
    expect(prompt).toEqual({ heardAtMs: 5, owesSinceMs: 6, misses: 0 });
  });

  it('gets none before it is forgiven, and is forgiven later each time', () => {
    const silent = drafter({ heardAtMs: 0, owesSinceMs: 1 });
    noteAwaited(silent, 20, ALLOWANCE);
    expect(silent).toMatchObject({ owesSinceMs: 1, misses: 0 });
    noteAwaited(silent, 21, ALLOWANCE);
    expect(silent).toMatchObject({ owesSinceMs: 21, misses: 1 });
    noteAwaited(silent, 60, ALLOWANCE);
    expect(silent).toMatchObject({ owesSinceMs: 21, misses: 1 });
    noteAwaited(silent, 61, ALLOWANCE);
    expect(silent).toMatchObject({ owesSinceMs: 61, misses: 2 });
  });

  it('is never given up for good', () => {
    const silent = drafter({ heardAtMs: 0, owesSinceMs: 1, misses: 100 });
    noteAwaited(silent, 1e40, ALLOWANCE);
    const { owesSinceMs, misses } = silent;
    noteAwaited(silent, owesSinceMs + ALLOWANCE * 2 ** (misses + 1), ALLOWANCE);
    expect(silent.misses).toBe(misses);
  });
});
