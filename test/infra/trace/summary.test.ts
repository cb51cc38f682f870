import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summariseTrace } from '../../../infra/trace/summary.js';
import type { TraceEvent, TraceKind } from '../../../src/core/trace.js';

const event = (
  kind: TraceKind,
  startMs: number,
  endMs?: number,
  data: TraceEvent['data'] = {},
  generation = 'g1',
): TraceEvent => ({ kind, track: 't', generation, startMs, ...(endMs === undefined ? {} : { endMs }), data });

/** A job as the controller records it: sent, one pass, its verdict. */
const job = (
  id: number,
  sentMs: number,
  from: number,
  to: number,
  backMs: number,
  position: number,
  ids: number[],
) => [
  event('job', sentMs, undefined, { job: id }),
  event('pass', from, to, { job: id, position, ids }),
  event('verdict', backMs, undefined, { job: id, position, ids }),
];

const commit = (atMs: number, position: number, token: number) =>
  event('commit', atMs, undefined, { position, token });

describe('summariseTrace', () => {
  test('an empty trace has no summaries', () => {
    expect(summariseTrace([])).toEqual([]);
  });

  test('divides a generation into passes, bus, waiting and waste', () => {
    const summary = summariseTrace([
      event('generation', 0, 100),
      event('prefill', 5, 20),
      ...job(1, 20, 22, 40, 43, 7, [70, 80]),
      commit(43, 7, 70),
      commit(43, 8, 80),
      // Refuted: says another token than is committed. Waste where nothing useful overlaps it.
      ...job(2, 28, 30, 60, 62, 9, [91]),
      // Nothing runs 60..80.
      ...job(3, 80, 81, 94, 95, 9, [90]),
      commit(95, 9, 90),
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

  test('of passes that say the same the first decides, the others are waste', () => {
    const [summary] = summariseTrace([
      event('generation', 0, 30),
      ...job(2, 5, 10, 25, 25, 5, [50]),
      ...job(1, 0, 0, 10, 10, 5, [50]),
      commit(10, 5, 50),
    ]);
    expect(summary).toMatchObject({ passMs: 10, wastedMs: 15, passes: 2, wastedPasses: 1 });
  });

  test('a job that goes on by itself has several passes, each with its own verdict', () => {
    const [summary] = summariseTrace([
      event('generation', 0, 24),
      ...job(1, 0, 1, 10, 11, 5, [50]),
      event('pass', 10, 20, { job: 1, position: 6, ids: [60] }),
      event('verdict', 22, undefined, { job: 1, position: 6, ids: [60] }),
      commit(11, 5, 50),
      commit(22, 6, 60),
    ]);
    expect(summary).toMatchObject({ passMs: 19, busMs: 3, waitingMs: 2, wastedPasses: 0 });
  });

  test('a prefill after the first token is not what the text waits for', () => {
    const [summary] = summariseTrace([
      event('generation', 0, 30),
      commit(10, 5, 50),
      event('prefill', 5, 25),
    ]);
    expect(summary).toMatchObject({ passMs: 5, waitingMs: 25 });
  });

  test('generations are told apart; without a word on its length one ends with its last commit', () => {
    const summaries = summariseTrace([
      event('draft', 3, 4, {}, 'g2'),
      event('generation', 0, 10),
      event('commit', 9, undefined, {}, 'g2'),
      event('pass', 8, 15, {}, 'g2'),
      event('draft', 5, 8, {}, 'g3'),
    ]);
    expect(summaries.map(({ generation, totalMs }) => [generation, totalMs])).toEqual([
      ['g2', 6],
      ['g1', 10],
      ['g3', 3],
    ]);
  });

  test('the parts always add up to the whole, and none is negative', () => {
    const time = fc.integer({ min: -10, max: 120 });
    const any = fc.record({
      kind: fc.constantFrom<TraceKind>('pass', 'job', 'prefill', 'commit', 'verdict', 'draft'),
      startMs: time,
      length: fc.integer({ min: 0, max: 50 }),
      job: fc.integer({ min: 0, max: 4 }),
      position: fc.integer({ min: 0, max: 3 }),
      token: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (rows) => {
        const events = rows.map(({ kind, startMs, length, job, position, token }) =>
          event(kind, startMs, startMs + length, { job, position, token, ids: [token, token + 1] }),
        );
        const [summary] = summariseTrace([event('generation', 0, 100), ...events]);
        const parts = [summary?.passMs, summary?.busMs, summary?.wastedMs, summary?.waitingMs].map(Number);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        expect(parts.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(100, 6);
      }),
    );
  });
});
