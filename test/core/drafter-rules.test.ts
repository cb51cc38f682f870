import { describe, expect, it } from 'vitest';
import {
  draftersListen,
  hearsTargets,
  owesConfirmation,
  targetsListen,
} from '../../src/core/drafter-rules.js';
import type { GenerationMode, Plan } from '../../src/core/generation.js';

function plan(mode: GenerationMode, targets: number): Plan {
  const ahead = { ahead: 16, leastLikelihood: 0, placeCosts: [] };
  return { mode, lookahead: 1, wait: 0, ...ahead, jobTokens: 8, targets, drafters: 1, reason: '' };
}

describe('targets', () => {
  it('wait for drafts in the hearing of the drafters where a message takes longer than hearing them costs', () => {
    const on = (lookahead: number) => ({ ...plan('dsi', 4), lookahead });
    expect(targetsListen(on(4), 2, 0.3, 20)).toBe(false);
    expect(targetsListen(on(4), 2, 3, 20)).toBe(true);
    expect(targetsListen(on(1), 2, 3, 20)).toBe(false);
    expect(targetsListen(on(8), 0, 40, 20)).toBe(true);
  });
});

describe('drafters', () => {
  it('listen to the targets unless there is more than half a verdict to a draft', () => {
    expect(draftersListen(plan('dsi', 5), 2, 0.3, 20)).toBe(true);
    expect(draftersListen(plan('dsi', 6), 2, 0.3, 20)).toBe(false);
    expect(draftersListen(plan('si', 6), 2, 0.3, 20)).toBe(true);
  });

  it('listen to more verdicts the longer messages take', () => {
    expect(draftersListen(plan('dsi', 12), 2, 1, 20)).toBe(false);
    expect(draftersListen(plan('dsi', 12), 2, 1.3, 20)).toBe(true);
  });

  it('are told what is committed after a quarter of how far they may run ahead', () => {
    const told = { ahead: 16, root: 100, length: 105 };
    expect(owesConfirmation(told, 103)).toBe(false);
    expect(owesConfirmation(told, 104)).toBe(true);
  });

  it('are told at any step when they are about to stop', () => {
    const told = { ahead: 16, root: 100, length: 115 };
    expect(owesConfirmation(told, 101)).toBe(true);
    expect(owesConfirmation(told, 100)).toBe(false);
    expect(owesConfirmation({ ...told, length: 114 }, 101)).toBe(false);
  });

  it('are relied on to hear a refutation only once they have drafted since they were told to listen', () => {
    const link = { listen: true, listenEpoch: 3, heardEpoch: 3 };
    expect(hearsTargets(link)).toBe(true);
    expect(hearsTargets({ ...link, heardEpoch: 2 })).toBe(false);
    expect(hearsTargets({ ...link, listen: false })).toBe(false);
  });
});
