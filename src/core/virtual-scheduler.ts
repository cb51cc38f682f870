import type { Cancel, Scheduler } from './scheduler.js';

interface Entry {
  atMs: number;
  order: number;
  task: (() => void) | undefined;
}

/**
 * Discrete-event time: `run` jumps from task to task. Tasks of the same instant run in the order in which they
 * were scheduled, so a run is a pure function of its inputs.
 */
export class VirtualScheduler implements Scheduler {
  private nowMs = 0;
  private orders = 0;
  private readonly heap: Entry[] = [];

  now(): number {
    return this.nowMs;
  }

  schedule(delayMs: number, task: () => void): Cancel {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.orders++, task };
    this.push(entry);
    return () => {
      entry.task = undefined;
    };
  }

  /** Runs tasks until none is left, `until()` holds or virtual time passes `limitMs`. Returns false at the limit. */
  run(options: { until?: () => boolean; limitMs?: number } = {}): boolean {
    const limitMs = options.limitMs ?? Number.POSITIVE_INFINITY;
    while (this.heap.length > 0) {
      if (options.until?.()) return true;
      const entry = this.heap[0];
      if (entry === undefined) break;
      if (entry.atMs > limitMs) return false;
      this.pop();
      if (entry.task === undefined) continue;
      this.nowMs = entry.atMs;
      const task = entry.task;
      entry.task = undefined;
      task();
    }
    return options.until?.() ?? true;
  }

  private push(entry: Entry): void {
    const heap = this.heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry;
      if (!before(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  private pop(): void {
    const heap = this.heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = childIndex + 1;
      if (right < heap.length && before(heap[right] as Entry, heap[childIndex] as Entry)) childIndex = right;
      const child = heap[childIndex] as Entry;
      if (!before(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
