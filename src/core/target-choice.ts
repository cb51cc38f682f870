import type { GenerationMode } from './generation.js';

/** Of a pass over one token: a pass that takes so little longer than another takes as long. */
export const SAME_PASS = 0.05;

/** An idle target that could be given a job. */
export interface IdleTarget {
  /** Of the job's path, about. */
  readonly heldTokens: number;
  /** What the job would take it, milliseconds, and what a pass over one token does. */
  readonly jobMs: number;
  readonly passMs: number;
}

/**
 * Which of several idle targets, one or more, is given a job: its index. What holds more has less to ingest. But where
 * that takes no longer, the one in dsi that holds least, which else, seldom needed, would have ever more to ingest, until
 * the whole text waited for it. Of equals the first.
 */
export function chooseTarget(mode: GenerationMode, targets: readonly IdleTarget[]): number {
  const soonest = Math.min(...targets.map(({ jobMs }) => jobMs));
  let best = -1;
  for (const [index, { heldTokens, jobMs, passMs }] of targets.entries()) {
    if (mode === 'dsi' && jobMs > soonest + SAME_PASS * passMs) continue;
    const held = targets[best]?.heldTokens;
    if (held === undefined || (mode === 'dsi' ? heldTokens < held : heldTokens > held)) best = index;
  }
  return best;
}
