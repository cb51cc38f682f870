import { describe, expect, it } from 'vitest';
import { simDrafter, simTarget } from '../../../infra/sim/sim-token-source.js';
import type { SequenceOptions } from '../../../src/core/model.js';
import { extendPathHash } from '../../../src/core/path-hash.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';

const sequence: SequenceOptions = {
  generation: 'g',
  seed: 1,
  sampler: { ...neutralSampler, promptLength: 1 },
  capacityTokens: 100_000,
};

/** Along the target's own text: which of the drafter's tokens are right. */
function rights(acceptance: number, burst: number, count: number, trace?: readonly boolean[]): boolean[] {
  const [target, drafter] = [simTarget(sequence), simDrafter(sequence, { acceptance, burst }, trace)];
  let path = target.root;
  return Array.from({ length: count }, (_, length) => {
    const token = target.next(path, length) ?? 0;
    const right = drafter.next(path, length) === token;
    path = extendPathHash(path, token);
    return right;
  });
}

function shareThatFollowsARight(values: readonly boolean[]): number {
  const after = values.slice(1).filter((_, index) => values[index]);
  return after.filter(Boolean).length / after.length;
}

describe("a simulated drafter's drafts", () => {
  it.each([1, 16])('are right as often as asked for, in bursts of %i', (burst) => {
    const values = rights(0.7, burst, 40_000);
    expect(values.filter(Boolean).length / values.length).toBeCloseTo(0.7, 1);
  });

  it('are right where a trace says so, from the first position of the output on', () => {
    const trace = [true, false, false, true, true];
    // One token of prompt.
    expect(rights(0.5, 1, 11, trace).slice(1)).toEqual([...trace, ...trace]);
  });

  it('depend on those before them in bursts only', () => {
    expect(shareThatFollowsARight(rights(0.6, 1, 40_000))).toBeCloseTo(0.6, 1);
    expect(shareThatFollowsARight(rights(0.6, 16, 40_000))).toBeGreaterThan(0.75);
  });
});
