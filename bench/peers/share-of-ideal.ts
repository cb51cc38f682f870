import type { RunTrace } from '../../src/core/ideal.js';
import { steadyTiming } from '../../src/core/pass-timing.js';
import { fixedPlan } from '../../src/core/simulator/settings.js';
import { simulate } from '../../src/core/simulator/simulate.js';
import type { TraceEvent } from '../../src/core/trace.js';
import type { GenerationMode, Plan } from '../../src/index.js';

/** Times the run's tokens are simulated: how the first of them came does not count. */
const REPEATED = 20;

/**
 * A run's speed as a share of what the fast simulator makes of its mode and its last plan, with messages that take no
 * time: the run's mean pass of the target and of the drafter (models beside each other on the same cores are as slow in
 * the ideal), and its trace. A draft is taken for wrong where the run left drafts behind, and for right elsewhere, also
 * where nothing had been drafted in time: the ideal drafter never rests. Undefined for a run without such a trace.
 */
export function shareOfIdeal(
  events: readonly TraceEvent[],
  mode: GenerationMode,
  plan: Plan,
  { targetMs, drafterMs }: Pick<RunTrace, 'targetMs' | 'drafterMs'>,
): number | undefined {
  const commits = events.filter(({ kind }) => kind === 'commit');
  const [first] = commits;
  const last = commits.at(-1);
  if (first === undefined || last === undefined || commits.length < 2) return undefined;
  const msPerToken = (last.startMs - first.startMs) / (commits.length - 1);
  if (mode === 'none') return targetMs / msPerToken;
  // A rollback names the place after the token that nobody had drafted.
  const refuted = new Set(
    events.filter(({ kind }) => kind === 'rollback').map(({ data }) => Number(data?.position) - 1),
  );
  const right = commits
    .slice(1)
    .map(({ data }) => data?.drafted === true || !refuted.has(Number(data?.position)));
  const ideal = simulate(
    {
      mode,
      target: steadyTiming(targetMs),
      drafter: steadyTiming(drafterMs),
      acceptance: { kind: 'trace', right },
      targets: plan.targets,
      drafters: 1,
      latencyMs: 0,
      promptTokens: 1,
      tokens: REPEATED * right.length,
      seed: 1,
    },
    fixedPlan(plan),
  );
  return ideal.steadyMsPerToken / msPerToken;
}
