import type { WorkerNote } from './protocol.js';

/** A worker's way to the process that started it; silent for a worker that an operator started. */
export interface ParentLink {
  /** Resolves when the note has left, so that it is not lost to an exit right after; false: there is nobody to tell. */
  tell(note: WorkerNote): Promise<boolean>;
  /** Calls back when the parent is gone. */
  onGone(gone: () => void): void;
}

export function openParentLink(): ParentLink {
  const send = process.send?.bind(process);
  return {
    tell: (note) =>
      new Promise((resolve) => {
        if (send === undefined || !process.connected) resolve(false);
        else send(note, undefined, undefined, (error) => resolve(error === null));
      }),
    onGone: (gone) => {
      if (send !== undefined) process.once('disconnect', gone);
    },
  };
}
