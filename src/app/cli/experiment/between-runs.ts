import { setImmediate } from 'node:timers/promises';
import { InterruptedError } from '../interrupt.js';
import type { CliIo } from '../io.js';

/**
 * What a long experiment calls before each of its parts: says on a terminal what comes next, lets signals in, and throws
 * InterruptedError after Ctrl-C.
 */
export function betweenRuns({ stderr, interrupted }: CliIo): (next: string) => Promise<void> {
  return async (next) => {
    if (next !== '' && stderr.isTTY) await stderr.write(`${next}\n`);
    await setImmediate();
    if (interrupted.aborted) throw new InterruptedError('interrupted');
  };
}
