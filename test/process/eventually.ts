import { setTimeout as pass } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** Looks until `condition` holds, for what other processes do and nobody tells; rejects after `limitMs`. */
export async function eventually(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not so after ${limitMs} ms: ${condition}`);
    await pass(LOOK_EVERY_MS);
  }
}
