import { describe, expect, it } from 'vitest';
import type { GenerationMode } from '../../../src/core/generation.js';
import { PaceBook } from '../../../src/core/planner/pace-book.js';
import { PacedPlanner } from '../../../src/core/planner/paced-planner.js';

/** Decodes `tokens` tokens, each mode taking what it takes; how many were decoded in each. */
function decode(
  tokens: number,
  msOf: (mode: GenerationMode, at: number) => number,
  book = new PaceBook(),
  interruptedAt = -1,
) {
  const planner = new PacedPlanner(book, { mode: 'auto', lookahead: undefined, wait: undefined });
  const targetTimes = [{ tokens: 1, ms: 10 }];
  const situation = {
    targetTimes,
    draftMs: 1,
    acceptance: 0.7,
    hopMs: 0.3,
    targets: 1,
    drafters: 1,
    sharesHost: false,
    jitter: 0,
    decided: 1000,
    passes: 1000,
  };
  const spent: Record<GenerationMode, number[]> = { none: [], si: [], dsi: [] };
  let nowMs = 0;
  for (let at = 0; at < tokens; at++) {
    planner.observe({ ...situation, remaining: tokens - at });
    const { mode } = planner.plan;
    nowMs += msOf(mode, at);
    if (at === interruptedAt) {
      nowMs += 10_000;
      planner.interrupted();
    }
    spent[mode].push(at);
    planner.committed(nowMs);
  }
  return { spent, planner };
}

describe('modes on a machine that workers share', () => {
  it('are not given up by later texts for one pause in a text', () => {
    const book = new PaceBook();
    const usual = (mode: GenerationMode) => (mode === 'none' ? 10 : 5);
    decode(600, usual, book);
    decode(40, (mode, at) => usual(mode) + (at === 5 ? 400 : 0), book);
    const { spent } = decode(60, usual, book);
    expect(spent.none.length).toBeLessThan(20);
  });

  it.each<GenerationMode>(['none', 'dsi'])(
    'are not held responsible for what interrupted them (%s)',
    (fastest) => {
      const book = new PaceBook();
      const usual = (mode: GenerationMode) => (mode === fastest ? 5 : 10);
      decode(600, usual, book);
      const { spent, planner } = decode(400, usual, book, 200);
      expect(spent[fastest].length).toBeGreaterThan(340);
      expect(planner.plan.reason).toContain(`${fastest} 5.0`);
    },
  );

  it.each<GenerationMode>(['none', 'si', 'dsi'])(
    'the one that is measured fastest goes on: %s',
    (fastest) => {
      const { spent } = decode(2000, (mode) => (mode === fastest ? 6 : 8));
      expect(spent[fastest].length).toBeGreaterThan(0.85 * 2000);
      // The others are tried again, ever more seldom.
      for (const mode of ['none', 'si', 'dsi'] as const) {
        if (mode !== fastest) expect(spent[mode].at(-1)).toBeGreaterThan(100);
      }
    },
  );

  it('another takes over when it has become faster', () => {
    const { spent } = decode(4000, (mode, at) => (mode === 'none' ? 8 : at < 1000 ? 12 : 4));
    expect(spent.none.filter((at) => at > 100 && at < 1000).length).toBeGreaterThan(700);
    expect(spent.none.filter((at) => at > 3000).length).toBeLessThan(200);
  });

  it('a text whose drafts are worse is soon decoded plainly, and the next one begins as usual', () => {
    const book = new PaceBook();
    const usual = (mode: GenerationMode) => ({ none: 10, si: 6, dsi: 5 })[mode];
    decode(1000, usual, book);
    const worse = decode(128, (mode) => (mode === 'none' ? 10 : 20), book);
    // Two at most were tried, until plain decoding would have been through with their windows.
    expect(worse.spent.si.length + worse.spent.dsi.length).toBeLessThanOrEqual(2 * (4 + 8));
    expect(decode(128, usual, book).spent.dsi.length).toBeGreaterThan(90);
  });

  it('a drafter rests while the target decodes alone, so that it is measured undisturbed', () => {
    const { planner } = decode(500, (mode) => (mode === 'none' ? 5 : 9));
    expect(planner.plan).toMatchObject({ mode: 'none', ahead: 0 });
    expect(planner.plan.reason).toContain('measured none 5.0, si 9.0, dsi 9.0 ms per token; T=10.0 ms');
  });
});
