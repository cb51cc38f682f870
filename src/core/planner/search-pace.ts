/**
 * Milliseconds between two steps of a search, for each generation that runs: predicting must not keep messages waiting.
 */
export const STEP_EVERY_MS = 8;
/** Of a core. What predicts runs beside targets and drafters, and must not take from them what it could win. */
const MOST_OF_A_CORE = 0.05;

/** Milliseconds until the next step, after one that took `tookMs`, where `generations` (1 or more) take turns. */
export function restMs(tookMs: number, generations: number): number {
  return generations * Math.max(STEP_EVERY_MS, tookMs / MOST_OF_A_CORE - tookMs);
}
