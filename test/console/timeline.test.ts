import { expect, test } from 'vitest';
import type { SpanFrame } from '../../console/frames.js';
import { describeTimeline, layoutTimeline } from '../../console/timeline.js';

const area = { nowMs: 10_000, windowMs: 1000, width: 500, rowHeight: 20 };

function span(kind: string, track: string, startMs: number, endMs?: number, generation = 'g1'): SpanFrame {
  return { kind: 'span', span: kind, track, generation, startMs, endMs };
}

test('workers have a row each, targets before drafters, and generations one each below', () => {
  const spans = [
    span('draft', 'a-drafter', 9100, 9110),
    span('prefill', 'z-target', 9000, 9050),
    span('prefill', 'a-drafter', 9000, 9010),
    span('pass', 'z-target', 9100, 9150),
    span('pass', 'b-target', 9100, 9150),
    span('commit', 'controller', 9200),
    span('rollback', 'controller', 9300, undefined, 'g0'),
  ];
  const { rows, height } = layoutTimeline(spans, area);
  expect(rows).toEqual([
    { label: 'b-target', kind: 'target', y: 0 },
    { label: 'z-target', kind: 'target', y: 20 },
    { label: 'a-drafter', kind: 'drafter', y: 40 },
    { label: 'g0', kind: 'generation', y: 60 },
    { label: 'g1', kind: 'generation', y: 80 },
  ]);
  expect(height).toBe(100);
});

test('a bar reaches from its beginning to its end, cut at the edges', () => {
  const marks = (startMs: number, endMs?: number) =>
    layoutTimeline([span('pass', 't', startMs, endMs)], area).marks.map(({ x, width }) => [x, width]);
  expect(marks(9500, 9600)).toEqual([[250, 50]]);
  expect(marks(8900, 9100)).toEqual([[0, 50]]);
  expect(marks(9900, 10_100)).toEqual([[450, 50]]);
  expect(marks(9500, 9500.1)).toEqual([[250, 1]]);
  expect(marks(8000, 8999)).toEqual([]);
  expect(marks(10_001, 10_100)).toEqual([]);
});

test('commits and rollbacks are ticks in the row of their generation, rollbacks the taller ones', () => {
  const spans = [span('commit', 'controller', 9500), span('rollback', 'controller', 9600)];
  const { marks } = layoutTimeline(spans, area);
  expect(marks.map(({ kind, x, width }) => [kind, x, width])).toEqual([
    ['commit', 250, 1],
    ['rollback', 300, 1],
  ]);
  expect(marks[0]?.height).toBeLessThan(marks[1]?.height ?? 0);
});

test('only the generations that did something last have rows', () => {
  const spans = Array.from({ length: 20 }, (_, index) =>
    span('commit', 'controller', 9000 + index, undefined, `g${String(index).padStart(2, '0')}`),
  );
  const { rows } = layoutTimeline([...spans, span('commit', 'controller', 9900, undefined, 'g00')], area);
  expect(rows.map(({ label }) => label)).toEqual(['g00', 'g15', 'g16', 'g17', 'g18', 'g19']);
});

test('it can be told in words', () => {
  const spans = [
    span('pass', 't', 9500, 9600),
    span('draft', 'd', 9500, 9510),
    span('draft', 'd', 9510, 9520),
    span('commit', 'controller', 9600),
    span('rollback', 'controller', 9700),
  ];
  expect(describeTimeline(layoutTimeline(spans, area), 1000)).toBe(
    'The last 1 seconds: 2 workers, 1 target passes, 2 drafts, 1 rollbacks, 1 tokens committed',
  );
});
