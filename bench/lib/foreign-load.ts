import { readFileSync } from 'node:fs';
import { processorTimes } from './processor-time.js';

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Starts watching; the function returned says how many cores other processes than ours kept busy since, on average. */
export function watchForeignLoad(): () => number {
  const start = { atMs: performance.now(), busyMs: busyMs(), ownMs: ownMs() };
  return () => {
    const foreignMs = busyMs() - start.busyMs - (ownMs() - start.ownMs);
    return Math.max(0, foreignMs) / (performance.now() - start.atMs);
  };
}

/** Of all cores together, since the machine was started; 0 where there is no /proc. */
function busyMs(): number {
  try {
    const [, user, nice, system, , , interrupts, soft, steal] = readFileSync('/proc/stat', 'utf8').split(
      /\s+/,
    );
    return (
      [user, nice, system, interrupts, soft, steal].reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS
    );
  } catch {
    return 0;
  }
}

function ownMs(): number {
  return [...processorTimes().values()].reduce((sum, ms) => sum + ms, 0);
}
