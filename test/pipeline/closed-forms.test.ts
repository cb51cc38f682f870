import { describe, expect, it } from 'vitest';
import type { GenerationMode } from '../../src/core/generation.js';
import { createVirtualCluster } from '../support/virtual-cluster.js';

const TOKENS = 300;

function msPerToken(
  mode: GenerationMode,
  lookahead: number | undefined,
  row: { T: number; c: number; a: number; targets: number; drafters?: number; latency?: number },
) {
  const cluster = createVirtualCluster({
    targets: row.targets,
    targetMs: row.T,
    drafterMs: row.c,
    acceptance: row.a,
    faults: { delayMs: row.latency ?? 0 },
  });
  for (let started = 1; started < (row.drafters ?? 1); started++) cluster.startDrafter();
  cluster.runFor(2);
  const { result } = cluster.finish(cluster.generate({ mode, lookahead, maxTokens: TOKENS }));
  const { predictedMs, draftTokens, draftTokensAccepted } = result.timings;
  return { ms: predictedMs / (TOKENS - 1), a: draftTokensAccepted / draftTokens };
}

/**
 * At a rollback the drafter is inside a pass that nobody wants; it ends at a multiple of c after the drafts began.
 * With T a hair below a multiple of c that costs nothing, and the closed forms hold as they are.
 */
const rows = [
  { T: 14.99, c: 2.5, a: 0.7 },
  { T: 20.99, c: 7, a: 0.93 },
];

describe.each(rows)('time per token without latency for T $T ms, c $c ms, acceptance $a', ({ T, c, a }) => {
  const row = { T, c, a, targets: 1 };

  it('is T in plain decoding', () => {
    expect(msPerToken('none', undefined, row).ms).toBeCloseTo(T, 6);
  });

  it.each([1, 3, 8])('is (k c + T)(1 - a)/(1 - a^(k+1)) in speculative inference with k = %i', (k) => {
    const run = msPerToken('si', k, row);
    const ideal = ((k * c + T) * (1 - run.a)) / (1 - run.a ** (k + 1));
    // Realised runs of right drafts are not geometrically distributed to the last digit.
    expect(run.ms / ideal).toBeGreaterThan(0.96);
    expect(run.ms / ideal).toBeLessThan(1.04);
  });

  it('is a c + (1 - a) T in distributed speculative inference with enough targets', () => {
    const run = msPerToken('dsi', 1, { ...row, targets: Math.ceil(T / c) + 1 });
    const ideal = run.a * c + (1 - run.a) * T;
    expect(run.ms / ideal).toBeGreaterThan(0.98);
    expect(run.ms / ideal).toBeLessThan(1.02);
  });
});

describe('a drafter that stands by', () => {
  // At a rollback the other one is always in the middle of a pass.
  const row = { T: 20.9, c: 7, a: 0.8, targets: 5, latency: 0.3 };
  const overhead = (drafters: number) => {
    const { ms, a } = msPerToken('dsi', 1, { ...row, drafters });
    return { perToken: ms - a * row.c - (1 - a) * row.T, a };
  };

  it('leaves nothing of a rollback but its hops: two, and two more when the next draft is right', () => {
    const { perToken, a } = overhead(2);
    expect(perToken / ((1 - a) * row.latency * (2 + 2 * a))).toBeCloseTo(1, 1);
  });

  it('saves what is left of the pass', () => {
    expect(overhead(1).perToken).toBeGreaterThan(3 * overhead(2).perToken);
    expect(overhead(3).perToken).toBeCloseTo(overhead(2).perToken, 6);
  });
});

describe('distributed speculative inference in virtual time', () => {
  it.each([0, 0.2])('loses nothing to plain decoding when drafts are nearly always wrong (a = %d)', (a) => {
    const run = msPerToken('dsi', 1, { T: 20, c: 4, a, targets: 6 });
    expect(run.ms).toBeLessThan(20.01);
  });

  it('beats speculative inference at its best lookahead', () => {
    const row = { T: 20, c: 4, a: 0.8, targets: 6 };
    const best = Math.min(...[1, 2, 3, 4, 5].map((k) => msPerToken('si', k, { ...row, targets: 1 }).ms));
    expect(best / msPerToken('dsi', 1, row).ms).toBeGreaterThan(1.2);
  });
});
