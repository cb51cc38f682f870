import type { Scheduler } from '../../../src/core/scheduler.js';

/** Waits that can be ended together. */
export class Pauses {
  private readonly pending = new Set<() => void>();
  private over = false;

  constructor(private readonly scheduler: Pick<Scheduler, 'schedule'>) {}

  /** Settles after `ms`, or as soon as they are ended; at once when they were. */
  pause(ms: number): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        stop();
        this.pending.delete(end);
        resolve();
      };
      const stop = this.scheduler.schedule(ms, end);
      this.pending.add(end);
    });
  }

  end(): void {
    this.over = true;
    for (const end of [...this.pending]) end();
  }
}
