/**
 * `Atomics.wait` wakes up 0.06 to 0.13 ms late on an idle core. Waiting busily for all of that would take the core from
 * others.
 */
const WAKE_UP_MS = 0.05;

const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Blocks this thread for `durationMs` (fractions count), as a model's pass does; never returns early, and
 * usually less than 0.1 ms late.
 */
export function waitBlocking(durationMs: number): void {
  const dueMs = performance.now() + durationMs;
  const sleepMs = durationMs - WAKE_UP_MS;
  if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
  while (performance.now() < dueMs);
}

/**
 * A pass of `durationMs` as onnxruntime makes one: begun in the next check phase of the event loop, and blocking it
 * from then on. `done` gets the time at which it began, as of `now`.
 */
export function blockingPass(
  durationMs: number,
  now: () => number,
  done: (startedAtMs: number) => void,
): void {
  setImmediate(() => {
    const startedAtMs = now();
    waitBlocking(durationMs);
    done(startedAtMs);
  });
}
