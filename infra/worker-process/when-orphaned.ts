import type { Scheduler } from '../../src/core/scheduler.js';

const LOOK_EVERY_MS = 5;
/** A parent that lives on without its end of the link is not waited for any longer. */
const LOOK_FOR_MS = 2000;

/**
 * Calls back when `parentOf` names another parent than `parent`, or after 2 s. A process that is killed closes one thing
 * after another, and then loses its children. What it leaves, nats-server among it, ends by what happens after all is
 * closed: a worker that left before would not make it happen.
 */
export function whenOrphaned(
  parent: number,
  parentOf: () => number,
  scheduler: Scheduler,
  gone: () => void,
): void {
  const untilMs = scheduler.now() + LOOK_FOR_MS;
  const look = (): void => {
    if (parentOf() !== parent || scheduler.now() >= untilMs) gone();
    else scheduler.schedule(LOOK_EVERY_MS, look);
  };
  look();
}
