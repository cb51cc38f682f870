import type { Scheduler } from '../../src/core/scheduler.js';
import type { WorkerNote } from './protocol.js';
import { whenOrphaned } from './when-orphaned.js';

/** A worker's way to the process that started it; silent for a worker that an operator started. */
export interface ParentLink {
  /** Resolves when the note has left, so that it is not lost to an exit right after; false: there is nobody to tell. */
  tell(note: WorkerNote): Promise<boolean>;
  /** Calls back when the parent is gone with all that it had open, or has long closed its end of the link. */
  onGone(gone: () => void): void;
}

export function openParentLink(scheduler: Scheduler): ParentLink {
  const send = process.send?.bind(process);
  const parent = process.ppid;
  return {
    tell: (note) =>
      new Promise((resolve) => {
        if (send === undefined || !process.connected) resolve(false);
        else send(note, undefined, undefined, (error) => resolve(error === null));
      }),
    onGone: (gone) => {
      if (send === undefined) return;
      const closed = () => whenOrphaned(parent, () => process.ppid, scheduler, gone);
      if (process.connected) process.once('disconnect', closed);
      else closed();
    },
  };
}
