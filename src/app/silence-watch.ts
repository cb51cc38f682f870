import type { Bus } from '../core/bus.js';
import type { Cancel, Scheduler } from '../core/scheduler.js';
import type { Subjects } from '../core/subjects.js';

const LOOK_EVERY_MS = 5000;
/**
 * So many looks in a row: long after a worker is out of service, and early enough for another one to serve who waits for
 * a minute. Counted by looks and not by the clock, or all would seem to have been silent when the machine wakes up.
 */
const SILENT_LOOKS = 8;

export interface SilenceWatchOptions {
  readonly bus: Pick<Bus, 'onStatus' | 'subscribe'>;
  readonly subjects: Pick<Subjects, 'everyWorkerStatus'>;
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
    const { bus, subjects } = options;
    this.stopListening = [
      bus.onStatus((status) => {
        this.connected = status === 'connected';
        // Silence before an outage and after it is not one silence.
        for (const watched of this.watched.values()) watched.looks = 0;
      }),
      // Also what this gateway may not use says that its worker does not hang.
      bus.subscribe(subjects.everyWorkerStatus, ({ message }) => {
        if (message.type === 'worker.announced') this.heard(message.worker);
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
