import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../src/core/simulator/heap.js';
import { Lane } from '../../../src/core/simulator/lane.js';

/** A heap gives its entries by time, then order; a lane as they came. Both grow, and hold no message that was dropped. */

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly wake: number;
  readonly message: string | undefined;
}

/** An entry to push so long after the last that came up, or a drop. */
type Step = { readonly after: number; readonly wake: number; readonly says: boolean } | 'drop';
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ after: fc.nat(8), wake: fc.nat(5), says: fc.boolean() }) },
    { weight: 2, arbitrary: fc.constant('drop' as const) },
  ),
  { maxLength: 500 },
);

/** Plays steps on a queue and on a list that `sort` keeps in the order in which entries should come up. */
function play(
  queue: Heap<string> | Lane<string>,
  played: readonly Step[],
  sort: (waiting: Entry[]) => void,
): void {
  const waiting: Entry[] = [];
  let nowMs = 0;
  const front = () => {
    const first = waiting[0];
    expect(queue.atMs).toBe(first?.atMs ?? Number.POSITIVE_INFINITY);
    if (first === undefined) return;
    const { order, wake, message } = queue;
    expect({ order, wake, message }).toEqual({
      order: first.order,
      wake: first.wake,
      message: first.message,
    });
  };
  const drop = () => {
    if (waiting.length === 0) return;
    nowMs = (waiting.shift() as Entry).atMs;
    queue.drop();
    front();
  };
  for (const [order, step] of played.entries()) {
    if (step === 'drop') drop();
    else {
      const { after, wake, says } = step;
      const entry = { atMs: nowMs + after, order, wake, message: says ? `message ${order}` : undefined };
      queue.push(entry.atMs, order, wake, entry.message);
      waiting.push(entry);
      sort(waiting);
      front();
    }
  }
  while (waiting.length > 0) drop();
}

describe('a heap', () => {
  const byTime = (waiting: Entry[]) => waiting.sort((a, b) => a.atMs - b.atMs || a.order - b.order);

  it('gives the earliest first, and of one time the one with the lowest order', () => {
    fc.assert(fc.property(steps, (played) => play(new Heap<string>(), played, byTime)));
  });

  it('grows beyond its first capacity', () => {
    const pushes = Array.from(
      { length: 1000 },
      (_, i): Step => ({ after: (i * 37) % 101, wake: i, says: true }),
    );
    play(new Heap<string>(), pushes, byTime);
  });
});

describe('a lane', () => {
  const asTheyCame = () => {};

  it('gives entries as they came', () => {
    fc.assert(fc.property(steps, (played) => play(new Lane<string>(), played, asTheyCame)));
  });

  it('grows while it begins anywhere in its ring', () => {
    const push: Step = { after: 1, wake: 2, says: true };
    const rounds = (pushes: number, drops: number) => [
      ...new Array<Step>(pushes).fill(push),
      ...new Array<Step>(drops).fill('drop'),
    ];
    play(new Lane<string>(), [...rounds(60, 50), ...rounds(100, 30), ...rounds(500, 0)], asTheyCame);
  });

  it('knows when it is empty', () => {
    const lane = new Lane<string>();
    expect(lane.isEmpty).toBe(true);
    lane.push(1, 0, 0, undefined);
    expect(lane.isEmpty).toBe(false);
    lane.drop();
    expect(lane.isEmpty).toBe(true);
  });
});
