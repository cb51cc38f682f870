import { sum } from '../../src/core/statistics.js';
import { machineBusyMs } from './proc.js';
import { processorTimes } from './processor-time.js';

/** Starts watching; the function returned says how many cores other processes than ours kept busy since, on average. */
export function watchForeignLoad(): () => number {
  const start = { atMs: performance.now(), busyMs: machineBusyMs(), ownMs: ownMs() };
  return () => {
    const foreignMs = machineBusyMs() - start.busyMs - (ownMs() - start.ownMs);
    return Math.max(0, foreignMs) / (performance.now() - start.atMs);
  };
}

function ownMs(): number {
  return sum([...processorTimes().values()]);
}
