import { BusyError, UnavailableError } from '../core/errors.js';

interface Entrant {
  readonly start: () => void;
  readonly failed: (error: unknown) => void;
}

/** At most `parallel` run at a time; `queue` more wait in the order in which they came. */
export class Admission {
  private running = 0;
  private closed: string | undefined;
  private readonly waiting: Entrant[] = [];
  private readonly idleWaiters: (() => void)[] = [];

  constructor(
    private readonly parallel: number,
    private readonly queue: number,
  ) {}

  get runningCount(): number {
    return this.running;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Places that one request may ask for: half of the queue is left to others. */
  get placesPerRequest(): number {
    return this.parallel + Math.ceil(this.queue / 2);
  }

  /**
   * Calls `start` now or when its turn comes; call `leave` when it has ended. Where `start` throws, `failed` is told and
   * its place is free again. Throws BusyError when the queue is full and UnavailableError after `drain`. Returns how to
   * give the place in the queue up.
   */
  enter(start: () => void, failed: (error: unknown) => void): () => void {
    if (this.closed !== undefined) throw new UnavailableError(this.closed);
    if (this.running >= this.parallel && this.waiting.length >= this.queue) {
      throw new BusyError(
        `${this.running} generations run and ${this.waiting.length} wait: as many as are allowed`,
      );
    }
    const entrant = { start, failed };
    if (this.running < this.parallel) {
      this.begin(entrant);
      return () => {};
    }
    this.waiting.push(entrant);
    return () => {
      const index = this.waiting.indexOf(entrant);
      if (index >= 0) this.waiting.splice(index, 1);
    };
  }

  leave(): void {
    this.running--;
    const next = this.waiting.shift();
    if (next !== undefined) this.begin(next);
    else if (this.running === 0) for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private begin({ start, failed }: Entrant): void {
    this.running++;
    try {
      start();
    } catch (error) {
      failed(error);
      this.leave();
    }
  }

  /** Lets nobody in any more; what waits still gets its turn. Resolves when nothing runs. */
  drain(reason: string): Promise<void> {
    this.closed = reason;
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }
}
