import type { WorkerNote } from './protocol.js';

const LOOK_EVERY_MS = 5;
/** A parent that lives on without its end of the link is not waited for any longer. */
const LOOKS = 400;

/** A worker's way to the process that started it; silent for a worker that an operator started. */
export interface ParentLink {
  /** Resolves when the note has left, so that it is not lost to an exit right after; false: there is nobody to tell. */
  tell(note: WorkerNote): Promise<boolean>;
  /** Calls back when the parent is gone, with all that it had open. */
  onGone(gone: () => void): void;
}

export function openParentLink(): ParentLink {
  const send = process.send?.bind(process);
  const parent = process.ppid;
  // A process that is killed closes one thing after another, and then loses its children. What it leaves, nats-server
  // among it, ends by what happens after all is closed: a worker that left before would not make it happen.
  const whenOrphaned = (gone: () => void, looks = LOOKS): void => {
    if (process.ppid !== parent || looks === 0) gone();
    else setTimeout(whenOrphaned, LOOK_EVERY_MS, gone, looks - 1);
  };
  return {
    tell: (note) =>
      new Promise((resolve) => {
        if (send === undefined || !process.connected) resolve(false);
        else send(note, undefined, undefined, (error) => resolve(error === null));
      }),
    onGone: (gone) => {
      if (send === undefined) return;
      if (process.connected) process.once('disconnect', () => whenOrphaned(gone));
      else whenOrphaned(gone);
    },
  };
}
