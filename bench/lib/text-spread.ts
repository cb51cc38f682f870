import type { Plan } from '../../src/core/generation.js';
import {
  type DraftAcceptance,
  fixedPlan,
  type SimulationSettings,
} from '../../src/core/simulator/settings.js';
import { simulate } from '../../src/core/simulator/simulate.js';
import { typicalTrace } from '../../src/core/simulator/typical-trace.js';
import { mean } from '../../src/core/statistics.js';

const TEXTS = 20;
const TOKENS = 5000;
/** Before them, until drafter and targets are in step. */
const UNSTEADY_TOKENS = 100;

export interface TextSpread {
  /** Standard deviation of the time per token from one text of independent drafts to another, as a share of the mean. */
  readonly random: number;
  /** The same of typical texts as long. */
  readonly typical: number;
}

/** How closely one text of 5,000 tokens tells the time per token of a setting in which passes do not vary. */
export function textSpread(settings: SimulationSettings, plan: Plan, rate: number): TextSpread {
  const spread = (acceptanceOf: (text: number) => DraftAcceptance) =>
    deviation(
      Array.from({ length: TEXTS }, (_, text) => {
        const acceptance = acceptanceOf(text);
        return simulate({ ...settings, ...lengths(acceptance), acceptance, seed: text }, fixedPlan(plan))
          .steadyMsPerToken;
      }),
    );
  return {
    random: spread(() => ({ kind: 'independent', rate })),
    typical: spread((text) => ({
      kind: 'trace',
      right: [...typicalTrace(rate, UNSTEADY_TOKENS, text), ...typicalTrace(rate, TOKENS, text)],
    })),
  };
}

/** Whole texts: part of a typical one is not typical. */
function lengths(acceptance: DraftAcceptance) {
  return {
    tokens: Number.MAX_SAFE_INTEGER,
    simulatedTokens: acceptance.kind === 'trace' ? acceptance.right.length : UNSTEADY_TOKENS + TOKENS,
    unsteadyTokens: UNSTEADY_TOKENS,
  };
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value / middle - 1) ** 2)));
}
