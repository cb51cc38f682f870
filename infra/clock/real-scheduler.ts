import type { Cancel, Scheduler } from '../../src/core/scheduler.js';

/** The longest time that `setTimeout` takes; longer ones are waited for in pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Wall-clock time. Every task starts in the check phase of the event loop, right after a poll phase has read
 * the sockets.
 */
export function createRealScheduler(): Scheduler {
  // True while a task of ours runs synchronously in the check phase: a new immediate then comes after the next
  // poll phase. From anywhere else (an I/O callback, a promise) it may come before one, so two turns are taken.
  let inCheckPhase = false;

  const run = (task: () => void): void => {
    inCheckPhase = true;
    try {
      task();
    } finally {
      inCheckPhase = false;
    }
  };

  const now = (): number => performance.timeOrigin + performance.now();

  const nextTurn = (task: () => void): Cancel => {
    let handle = setImmediate(
      inCheckPhase
        ? () => run(task)
        : () => {
            handle = setImmediate(() => run(task));
          },
    );
    return () => clearImmediate(handle);
  };

  const later = (delayMs: number, task: () => void): Cancel => {
    const dueMs = now() + delayMs;
    let immediate: NodeJS.Immediate | undefined;
    let timer: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      timer = setTimeout(ring, Math.min(Math.ceil(remainingMs), LONGEST_TIMER_MS));
    };
    const ring = (): void => {
      const remainingMs = dueMs - now();
      if (remainingMs > 0) arm(remainingMs);
      else immediate = setImmediate(() => run(task));
    };
    arm(delayMs);
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  };

  return {
    now,
    schedule: (delayMs, task) => (delayMs > 0 ? later(delayMs, task) : nextTurn(task)),
  };
}
