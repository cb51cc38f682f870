import { steadyTiming } from '../../src/core/pass-timing.js';
import { fixedPlan } from '../../src/core/simulator/settings.js';
import { simulate } from '../../src/core/simulator/simulate.js';
import type { GenerationMode, Plan } from '../../src/index.js';

/** Simulated, so that luck matters little. */
const TOKENS = 5_000;

/** What was measured in one text. */
export interface MeasuredText {
  readonly msPerToken: number;
  /** T and c, milliseconds: mean passes, beside the other model where they share cores. */
  readonly targetMs: number;
  readonly drafterMs: number;
  /** Share of the decided drafts that were right. */
  readonly acceptance: number;
}

/**
 * A text's speed as a share of what the fast simulator makes of its mode and its last plan for the measured T, c and
 * acceptance on one target, with messages that take no time and a drafter that never rests.
 */
export function shareOfIdeal(mode: GenerationMode, plan: Plan, text: MeasuredText): number {
  const { msPerToken, targetMs, drafterMs, acceptance } = text;
  if (mode === 'none') return targetMs / msPerToken;
  const ideal = simulate(
    {
      mode,
      target: steadyTiming(targetMs),
      drafter: steadyTiming(drafterMs),
      acceptance: { kind: 'independent', rate: acceptance },
      targets: 1,
      drafters: 1,
      latencyMs: 0,
      promptTokens: 1,
      tokens: TOKENS,
      seed: 1,
    },
    fixedPlan(plan),
  );
  return ideal.steadyMsPerToken / msPerToken;
}
