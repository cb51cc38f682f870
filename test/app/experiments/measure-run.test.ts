import { describe, expect, it } from 'vitest';
import { compileEngineOptions } from '../../../infra/config/engine-options.js';
import { type MeasuredRun, RunRecorder } from '../../../src/app/experiments/measure-run.js';
import type { GenerationMode } from '../../../src/core/generation.js';
import { idealDistributedMs, idealPlainMs, idealRoundsMs } from '../../../src/core/ideal.js';
import { testContext } from '../../infra/config/context.js';
import { createVirtualEngine } from '../../support/virtual-engine.js';

const TARGETS = 7;
const LOOKAHEAD = 3;
// A hair below a multiple of c, so that the drafter is never inside a pass when it is sent elsewhere.
const T = 20.99;
const C = 7;

const recorder = new RunRecorder();

async function measure(mode: GenerationMode, latencyMs = 0): Promise<MeasuredRun> {
  const engine = createVirtualEngine(
    compileEngineOptions(
      { model: `sim:target?ms=${T}`, drafter: `sim:drafter?ms=${C}&acceptance=0.8`, targets: TARGETS },
      testContext(),
    ),
    { trace: recorder.sink, latencyMs },
  );
  const lookahead = { none: {}, si: { lookahead: LOOKAHEAD }, dsi: { lookahead: 1 } }[mode];
  const request = { prompt: 'the old sailor', mode, ...lookahead, maxTokens: 60 };
  return recorder.measure(engine, request, new AbortController().signal);
}

describe('a measured run', () => {
  it('takes exactly its ideal where messages take no time', async () => {
    const none = await measure('none');
    expect(none.tokens).toBe(59);
    expect(none.ms).toBeCloseTo(idealPlainMs(none.trace), 6);
    const si = await measure('si');
    expect(si.ms).toBeCloseTo(idealRoundsMs(si.trace, LOOKAHEAD), 6);
    const dsi = await measure('dsi');
    const ideal = idealDistributedMs(dsi.trace, { lookahead: 1, targets: TARGETS });
    expect(dsi.ms).toBeGreaterThanOrEqual(ideal);
    expect(dsi.ms / ideal).toBeLessThan(1.01);
    expect(dsi.tokenIds).toEqual(none.tokenIds);
  });

  it('knows the times of its own passes and messages', async () => {
    const run = await measure('dsi', 0.4);
    expect(run.trace.targetMs).toBeCloseTo(T, 6);
    expect(run.trace.drafterMs).toBeCloseTo(C, 6);
    expect(run.hops.jobMs).toBeCloseTo(0.4, 6);
    expect(run.hops.verdictMs).toBeCloseTo(0.4, 6);
    expect((await measure('none', 0.4)).trace.drafterMs).toBe(0);
  });

  it('starts its clock at the first token that nobody had guessed', async () => {
    const run = await measure('dsi');
    expect(run.trace.drafted[0]).toBe(false);
    expect(run.trace.drafted).toHaveLength(run.tokens + 1);
    expect(run.tokens).toBeLessThan(60);
  });

  it('rejects when it is interrupted', async () => {
    const engine = createVirtualEngine(
      compileEngineOptions({ model: 'sim:target', mode: 'none' }, testContext()),
    );
    const request = { prompt: 'the old sailor', mode: 'none' as const, maxTokens: 60 };
    await expect(recorder.measure(engine, request, AbortSignal.abort())).rejects.toThrow('cancelled');
  });
});
