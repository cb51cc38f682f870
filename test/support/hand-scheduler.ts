import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';

/** Real sockets, time by hand: what is due at once happens in the next turn of the event loop, the rest on `advance`. */
export class HandScheduler implements Scheduler {
  private readonly virtual = new VirtualScheduler();

  now(): number {
    return this.virtual.now();
  }

  schedule(delayMs: number, task: () => void): Cancel {
    if (delayMs > 0) return this.virtual.schedule(delayMs, task);
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  }

  advance(ms: number): void {
    const limitMs = this.now() + ms;
    this.virtual.schedule(ms, () => {});
    this.virtual.run({ limitMs });
  }
}
