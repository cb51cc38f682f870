import type { Bus } from '../core/bus.js';
import type { WorkerAnnounced } from '../core/messages.js';
import type { Cancel, Scheduler } from '../core/scheduler.js';
import type { Subjects } from '../core/subjects.js';

export type DirectoryEvent =
  | { readonly type: 'worker.joined'; readonly announced: WorkerAnnounced }
  | { readonly type: 'worker.lost'; readonly worker: string }
  /** A sign of life of a worker that is known. */
  | { readonly type: 'worker.heard'; readonly worker: string; readonly freeSlots: number };

/**
 * A worker announces itself every second between passes; one that is silent for this long while nothing it was
 * asked is under way has gone. Long enough for a pass over a long prompt chunk.
 */
const SILENCE_MS = 15_000;

export interface DirectoryOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly scheduler: Scheduler;
  /** Workers that this gateway may use. */
  readonly accepts: (announced: WorkerAnnounced) => boolean;
}

/** The workers that are up, as they announce themselves. */
export class WorkerDirectory {
  private readonly workers = new Map<string, { announced: WorkerAnnounced; heardAtMs: number }>();
  /** Ids are unique per start: who left does not come back, whatever message of its is still under way. */
  private readonly gone = new Set<string>();
  private readonly listeners = new Set<(event: DirectoryEvent) => void>();
  private readonly unsubscribe: Cancel;
  private stopSweep: Cancel = () => {};

  constructor(private readonly options: DirectoryOptions) {
    this.unsubscribe = options.bus.subscribe(options.subjects.everyWorkerStatus, ({ message }) => {
      if (message.type === 'worker.announced') this.announced(message);
    });
    this.sweepLater();
  }

  list(): WorkerAnnounced[] {
    return [...this.workers.values()].map(({ announced }) => announced);
  }

  listen(listener: (event: DirectoryEvent) => void): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The worker is known to have ended. */
  remove(worker: string): void {
    this.gone.add(worker);
    if (this.workers.delete(worker)) this.emit({ type: 'worker.lost', worker });
  }

  close(): void {
    this.unsubscribe();
    this.stopSweep();
    this.listeners.clear();
  }

  private announced(message: WorkerAnnounced): void {
    const { worker } = message;
    if (this.gone.has(worker) || !this.options.accepts(message)) return;
    const known = this.workers.has(worker);
    if (message.state === 'draining') {
      if (known) this.remove(worker);
      return;
    }
    this.workers.set(worker, { announced: message, heardAtMs: this.options.scheduler.now() });
    const { freeSlots } = message;
    this.emit(
      known ? { type: 'worker.heard', worker, freeSlots } : { type: 'worker.joined', announced: message },
    );
  }

  private emit(event: DirectoryEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  private sweepLater(): void {
    this.stopSweep = this.options.scheduler.schedule(SILENCE_MS / 3, () => {
      const now = this.options.scheduler.now();
      for (const [worker, { heardAtMs }] of [...this.workers]) {
        if (now - heardAtMs <= SILENCE_MS) continue;
        this.workers.delete(worker);
        this.emit({ type: 'worker.lost', worker });
      }
      this.sweepLater();
    });
  }
}
