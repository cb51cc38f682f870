import type { Plan } from '../generation.js';
import { forwardMs } from './forward-times.js';
import type { Situation } from './situation.js';

/** Milliseconds per token, in steady state, that a plan will take in a situation. */
export function predictMsPerToken(plan: Plan, situation: Situation): number {
  const { targetTimes, draftMs = 0, acceptance: a, hopMs: l } = situation;
  const targetMs = forwardMs(targetTimes, 1);
  if (plan.mode === 'none') return targetMs;
  const expected = (k: number) => (a === 1 ? k + 1 : (1 - a ** (k + 1)) / (1 - a));
  if (plan.mode === 'si') {
    const k = plan.lookahead;
    return (k * draftMs + forwardMs(targetTimes, k + 1) + 2 * l) / expected(k);
  }
  return a * draftMs + (1 - a) * (targetMs + 2 * l * (1 + a));
}
