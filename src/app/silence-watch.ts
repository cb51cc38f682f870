import type { Bus } from '../core/bus.js';
import type { Cancel, Scheduler } from '../core/scheduler.js';
import type { WorkerDirectory } from './worker-directory.js';

const LOOK_EVERY_MS = 5000;
/**
 * So many looks in a row: long after a worker is out of service, and early enough for another one to serve who waits for
 * a minute. Counted by looks and not by the clock, or all would seem to have been silent when the machine wakes up.
 */
const SILENT_LOOKS = 8;

export interface SilenceWatchOptions {
  readonly bus: Pick<Bus, 'onStatus'>;
  readonly directory: Pick<WorkerDirectory, 'listen'>;
  readonly scheduler: Scheduler;
}

interface Watched {
  looks: number;
  readonly onSilent: () => void;
}

/** Notices workers that are there, and say nothing any more: a process that hangs does not end. */
export class SilenceWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly stopListening: readonly Cancel[];
  private stopLooking: Cancel = () => {};
  /** While the connection is down nobody is heard. */
  private connected = true;

  constructor(private readonly options: SilenceWatchOptions) {
    const { bus, directory } = options;
    this.stopListening = [
      bus.onStatus((status) => {
        this.connected = status === 'connected';
      }),
      directory.listen((event) => {
        if (event.type !== 'worker.lost')
          this.heard(event.type === 'worker.joined' ? event.announced.worker : event.worker);
      }),
    ];
    this.lookLater();
  }

  /** Calls `onSilent` once when the worker was not heard for 40 seconds, until cancelled. */
  watch(worker: string, onSilent: () => void): Cancel {
    this.watched.set(worker, { looks: 0, onSilent });
    return () => this.watched.delete(worker);
  }

  close(): void {
    this.stopLooking();
    for (const stop of this.stopListening) stop();
  }

  private heard(worker: string): void {
    const watched = this.watched.get(worker);
    if (watched !== undefined) watched.looks = 0;
  }

  private lookLater(): void {
    this.stopLooking = this.options.scheduler.schedule(LOOK_EVERY_MS, () => {
      if (this.connected)
        for (const watched of [...this.watched.values()])
          if (++watched.looks === SILENT_LOOKS) watched.onSilent();
      this.lookLater();
    });
  }
}
