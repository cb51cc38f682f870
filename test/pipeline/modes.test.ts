import { describe, expect, it } from 'vitest';
import type { CompiledRequest } from '../../src/core/generation.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { simReference, simVerdicts } from '../support/sim-reference.js';
import { createVirtualCluster, tokensOf, type VirtualClusterOptions } from '../support/virtual-cluster.js';
import { recordEvents } from './event-log.js';

const request: Partial<CompiledRequest> = { id: 'same', maxTokens: 24 };

function run(options: Partial<VirtualClusterOptions>, asked: Partial<CompiledRequest>, log = false) {
  const events = recordEvents(log);
  const cluster = createVirtualCluster({
    targets: 4,
    targetMs: 20,
    drafterMs: 2,
    acceptance: 0.8,
    faults: { delayMs: 0.15 },
    ...(log ? { inspect: events.inspect } : {}),
    ...options,
  });
  events.watch(cluster.network);
  cluster.runFor(1);
  const generation = cluster.generate({ ...request, ...asked });
  const end = cluster.finish(generation);
  return { ids: tokensOf(generation), end, result: end.result, log: events.log, generation };
}

describe('the modes in virtual time', () => {
  const truth = simReference(run({ targets: 1 }, { mode: 'none' }).generation.request);

  it.each([
    { T: 20, c: 2, speculates: true },
    { T: 20, c: 8, speculates: true },
    { T: 5, c: 0.1, speculates: true },
    // Too slow to be of use: what it drafts comes when the target has long said it.
    { T: 20, c: 19, speculates: false },
    { T: 1, c: 4, speculates: false },
  ])('give the same tokens for T $T ms and c $c ms, whatever a, k and SP are', ({ T, c, speculates }) => {
    for (const acceptance of [0, 0.6, 1]) {
      for (const targets of [1, 4]) {
        const cluster = { targetMs: T, drafterMs: c, acceptance, targets };
        const plain = run(cluster, { mode: 'none' });
        expect(plain.ids).toEqual(truth);
        for (const lookahead of [undefined, 1, 3]) {
          for (const mode of ['si', 'dsi'] as const) {
            const { ids, result } = run(cluster, { mode, lookahead });
            expect(ids).toEqual(truth);
            if (!speculates) continue;
            const { draftTokens, draftTokensAccepted } = result.timings;
            expect(draftTokensAccepted > 0).toBe(acceptance > 0);
            expect(draftTokens - draftTokensAccepted > 0).toBe(acceptance < 1);
          }
        }
      }
    }
  });

  it.each(['none', 'si', 'dsi'] as const)('go the same way twice in every detail (%s)', (mode) => {
    const [first, second] = [run({ seed: 5 }, { mode }, true), run({ seed: 5 }, { mode }, true)];
    expect(second.log).toEqual(first.log);
    expect(first.log.length).toBeGreaterThan(100);
    expect(second.result).toEqual(first.result);
  });

  it('sample with the seed and not with the dice', () => {
    const sampler = { ...neutralSampler, temperature: 0.7, promptLength: 3 };
    const ids = (['none', 'si', 'dsi'] as const).map((mode) => run({}, { mode, sampler, seed: 42 }).ids);
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
    expect(ids[0]).not.toEqual(run({}, { mode: 'dsi', sampler, seed: 43 }).ids);
  });

  it('tell the same log probabilities, the alternatives as many as are asked for', () => {
    const asked = { temperature: 0.7, promptLength: 3 };
    for (const logprobs of [undefined, 0, 2]) {
      const sampler = { ...neutralSampler, ...asked };
      const runs = (['none', 'si', 'dsi', 'auto'] as const).map((mode) =>
        run({}, { mode, sampler, seed: 42, logprobs }),
      );
      const [plain, ...others] = runs.map(({ generation }) =>
        generation.log.tokens.map((told) => told.logprobs),
      );
      for (const other of others) expect(other).toEqual(plain);
      const { request } = (runs[0] as (typeof runs)[number]).generation;
      const said = simVerdicts(request).map((verdict) => verdict.logprobs);
      expect(plain).toEqual(
        said.map((own) =>
          logprobs === undefined ? undefined : expect.objectContaining({ logprob: own?.logprob }),
        ),
      );
      expect(new Set(plain?.map((told) => told?.top.length))).toEqual(new Set([logprobs]));
    }
  });

  it('need a hop per job only, not per token, in plain decoding', () => {
    const { result } = run({ targets: 1, faults: { delayMs: 3 } }, { mode: 'none', maxTokens: 200 });
    expect(result.timings.predictedMs / 199).toBeCloseTo(20, 0);
    expect(result.speculation).toMatchObject({ acceptance: undefined, wastedDrafts: 0, rollbacks: 0 });
  });
});
