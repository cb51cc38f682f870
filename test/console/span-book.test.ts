import { expect, test } from 'vitest';
import type { SpanFrame } from '../../console/frames.js';
import { SpanBook } from '../../console/span-book.js';

function span(kind: string, track: string, startMs: number, endMs?: number): SpanFrame {
  return { kind: 'span', span: kind, track, generation: 'g', startMs, endMs };
}

test('keeps passes, drafts, commits and rollbacks, not what is waited for', () => {
  const book = new SpanBook();
  for (const kind of ['job', 'pass', 'verdict', 'draft', 'rollback', 'commit', 'prefill', 'generation'])
    book.add(span(kind, 't', 0, 1), 0);
  expect(book.all().map(({ span: kind }) => kind)).toEqual([
    'pass',
    'draft',
    'rollback',
    'commit',
    'prefill',
  ]);
});

test('goes by the clock of controllers, as the fastest message tells it', () => {
  const book = new SpanBook();
  expect(book.clock(5000)).toBe(5000);
  book.add(span('commit', 'controller', 900), 5000);
  book.add(span('commit', 'controller', 1950), 6000);
  book.add(span('commit', 'controller', 2100), 7000);
  book.add(span('pass', 'target', 90_000, 90_010), 7000);
  expect(book.clock(8000)).toBe(3950);
  book.forgetClock();
  expect(book.clock(8000)).toBe(8000);
});

test('drops what ended long before, and keeps a bounded number', () => {
  const book = new SpanBook();
  book.add(span('pass', 't', 0, 10), 0);
  book.add(span('pass', 't', 0, 13_000), 0);
  book.sweep(12_011);
  expect(book.all().map(({ endMs }) => endMs)).toEqual([13_000]);
  for (let index = 0; index < 50_000; index++) book.add(span('pass', 't', index, index + 1), 0);
  expect(book.all().length).toBeLessThan(16_000);
  expect(book.all().at(-1)?.startMs).toBe(49_999);
});
