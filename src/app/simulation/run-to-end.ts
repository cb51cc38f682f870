import { SystemError } from '../../core/errors.js';
import type { GenerationResult } from '../../core/generation.js';
import type { VirtualScheduler } from '../../core/virtual-scheduler.js';
import type { VirtualGeneration } from './virtual-cluster.js';

/** Virtual milliseconds after which a run is given up: a year. */
export const LONGEST_RUN_MS = 365 * 24 * 3600 * 1000;

/** Lets time pass until all generations have ended. Throws what one failed with; SystemError when one never ends. */
export function runToEnd(
  scheduler: VirtualScheduler,
  generations: readonly VirtualGeneration[],
): GenerationResult[] {
  scheduler.run({
    until: () => generations.every(({ log }) => log.end !== undefined),
    limitMs: LONGEST_RUN_MS,
  });
  return generations.map(({ log: { end } }) => {
    if (end === undefined)
      throw new SystemError(`a simulated generation did not end within ${LONGEST_RUN_MS} ms`);
    if (end.outcome === 'failed') throw end.error;
    return end.result;
  });
}
