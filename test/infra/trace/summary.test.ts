import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summariseTrace } from '../../../infra/trace/summary.js';
import type { TraceEvent, TraceKind } from '../../../src/core/trace.js';

const event = (
  kind: TraceKind,
  startMs: number,
  endMs: number | undefined,
  data: TraceEvent['data'] = {},
  generation = 'g1',
): TraceEvent => ({ kind, track: 't', generation, startMs, ...(endMs === undefined ? {} : { endMs }), data });

describe('summariseTrace', () => {
  test('an empty trace has no summaries', () => {
    expect(summariseTrace([])).toEqual([]);
  });

  test('divides a generation into passes, bus, waiting and waste', () => {
    const summary = summariseTrace([
      event('generation', 0, 100),
      event('prefill', 5, 20),
      // Job 1: sent at 20, runs 22..40, answer at 43 and commits two tokens.
      event('job', 20, 43, { job: 1 }),
      event('pass', 22, 40, { job: 1, position: 7, count: 2 }),
      event('commit', 43, undefined, { job: 1, position: 7 }),
      event('commit', 43, undefined, { job: 1, position: 8 }),
      // Job 2 is refuted: its pass 30..60 is waste, where nothing useful overlaps it.
      event('job', 28, 62, { job: 2 }),
      event('pass', 30, 60, { job: 2, position: 9, count: 1 }),
      // Nothing runs 60..80. Job 3 in 80..95.
      event('job', 80, 95, { job: 3 }),
      event('pass', 81, 94, { job: 3, position: 9, count: 1 }),
      event('commit', 95, undefined, { job: 3, position: 9 }),
    ]);
    expect(summary).toEqual([
      {
        generation: 'g1',
        totalMs: 100,
        passMs: 15 + 18 + 13,
        busMs: 2 + 3 + 1 + 1,
        wastedMs: 60 - 43,
        waitingMs: 5 + 20 + 5,
        passes: 3,
        wastedPasses: 1,
        committedTokens: 3,
      },
    ]);
  });

  test('of a job that went on by itself, only the passes that decided something count', () => {
    const [summary] = summariseTrace([
      event('generation', 0, 20),
      event('job', 0, 20, { job: 1 }),
      event('pass', 0, 10, { job: 1, position: 5, count: 1 }),
      event('pass', 10, 20, { job: 1, position: 6, count: 1 }),
      event('commit', 10, undefined, { job: 1, position: 5 }),
    ]);
    expect(summary).toMatchObject({ passMs: 10, passes: 2, wastedPasses: 1 });
  });

  test('a prefill after the first token is not what the text waits for', () => {
    const [summary] = summariseTrace([
      event('generation', 0, 30),
      event('commit', 10, undefined, { job: 1, position: 5 }),
      event('prefill', 5, 25),
    ]);
    expect(summary).toMatchObject({ passMs: 5, waitingMs: 25 });
  });

  test('generations are told apart, and one without an end spans its events', () => {
    const summaries = summariseTrace([
      event('draft', 3, 4, {}, 'g2'),
      event('generation', 0, 10),
      event('rollback', 9, undefined, {}, 'g2'),
    ]);
    expect(summaries.map(({ generation, totalMs }) => [generation, totalMs])).toEqual([
      ['g2', 6],
      ['g1', 10],
    ]);
  });

  test('the parts always add up to the whole, and none is negative', () => {
    const time = fc.integer({ min: -10, max: 120 });
    const any = fc.record({
      kind: fc.constantFrom<TraceKind>('pass', 'job', 'prefill', 'commit', 'draft'),
      startMs: time,
      length: fc.integer({ min: 0, max: 50 }),
      job: fc.integer({ min: 0, max: 4 }),
      position: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (rows) => {
        const events = rows.map(({ kind, startMs, length, job, position }) =>
          event(kind, startMs, startMs + length, { job, position, count: 2 }),
        );
        const [summary] = summariseTrace([event('generation', 0, 100), ...events]);
        const parts = [summary?.passMs, summary?.busMs, summary?.wastedMs, summary?.waitingMs].map(Number);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        expect(parts.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(100, 6);
      }),
    );
  });
});
