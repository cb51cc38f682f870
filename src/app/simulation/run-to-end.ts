import { SystemError } from '../../core/errors.js';
import type { GenerationResult } from '../../core/generation.js';
import type { VirtualScheduler } from '../../core/virtual-scheduler.js';
import type { VirtualGeneration } from './virtual-cluster.js';

/** Virtual milliseconds after which a run is given up: a year. */
export const LONGEST_RUN_MS = 365 * 24 * 3600 * 1000;
/** Between two pauses: some hundredths of a second. */
const TASKS_AT_A_TIME = 5000;

/** Lets time pass until all generations have ended. Throws what one failed with; SystemError when one never ends. */
export function runToEnd(
  scheduler: VirtualScheduler,
  generations: readonly VirtualGeneration[],
): GenerationResult[] {
  scheduler.run({ until: () => haveEnded(generations), limitMs: LONGEST_RUN_MS });
  return resultsOf(generations);
}

/** The same, with pauses. */
export async function runToEndWithPauses(
  scheduler: VirtualScheduler,
  generations: readonly VirtualGeneration[],
  pause: () => Promise<void>,
): Promise<GenerationResult[]> {
  for (;;) {
    let tasks = 0;
    const until = () => haveEnded(generations) || ++tasks > TASKS_AT_A_TIME;
    scheduler.run({ until, limitMs: LONGEST_RUN_MS });
    if (tasks <= TASKS_AT_A_TIME) return resultsOf(generations);
    await pause();
  }
}

function haveEnded(generations: readonly VirtualGeneration[]): boolean {
  return generations.every(({ log }) => log.end !== undefined);
}

function resultsOf(generations: readonly VirtualGeneration[]): GenerationResult[] {
  return generations.map(({ log: { end } }) => {
    if (end === undefined)
      throw new SystemError(`a simulated generation did not end within ${LONGEST_RUN_MS} ms`);
    if (end.outcome === 'failed') throw end.error;
    return end.result;
  });
}
