import { cleanStart } from '../../src/core/ideal.js';
import { steadyTiming } from '../../src/core/pass-timing.js';
import { fixedPlan } from '../../src/core/simulator/settings.js';
import { simulate } from '../../src/core/simulator/simulate.js';
import type { TraceEvent } from '../../src/core/trace.js';
import type { GenerationMode, Plan } from '../../src/index.js';

/** Times the run's tokens are simulated, so that how the first ones came does not count. */
const REPEATED = 20;

/** What a run took by its trace, and the mean times of its passes, milliseconds. */
export interface RunTimes {
  /** T */
  readonly targetMs: number;
  /** c */
  readonly drafterMs: number;
}

/**
 * A run's speed as a share of what the fast simulator makes of its mode and its last plan, with messages that take no
 * time: on its own trace of right and wrong drafts, its own mean pass of the target and of the drafter, one target, and
 * cores that are as slow beside other models as they were in the run. NaN for a run without such a trace.
 */
export function shareOfIdeal(
  events: readonly TraceEvent[],
  mode: GenerationMode,
  plan: Plan,
  { targetMs, drafterMs }: RunTimes,
): number {
  const commits = events.filter(({ kind }) => kind === 'commit');
  const drafted = commits.map(({ data }) => data?.drafted === true);
  const start = cleanStart(drafted);
  const [first, last] = [commits[start], commits.at(-1)];
  const right = drafted.slice(start + 1);
  if (first === undefined || last === undefined || right.length === 0) return Number.NaN;
  const msPerToken = (last.startMs - first.startMs) / right.length;
  if (mode === 'none') return targetMs / msPerToken;
  const ideal = simulate(
    {
      mode,
      target: steadyTiming(targetMs),
      drafter: steadyTiming(drafterMs),
      acceptance: { kind: 'trace', right },
      targets: 1,
      drafters: 1,
      latencyMs: 0,
      promptTokens: 1,
      tokens: REPEATED * right.length,
      seed: 1,
    },
    fixedPlan(plan),
  );
  return ideal.msPerToken / msPerToken;
}
