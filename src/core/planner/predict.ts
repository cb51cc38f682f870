import { powerSum } from '../closed-forms.js';
import type { Plan } from '../generation.js';
import { steadyTiming } from '../pass-timing.js';
import { fixedPlan } from '../simulator/settings.js';
import { simulate } from '../simulator/simulate.js';
import { typicalTrace } from '../simulator/typical-trace.js';
import { forwardMs, slopeMs } from './forward-times.js';
import type { Situation } from './situation.js';

/** Long enough for differences of a percent, short enough for a moment between two messages. */
const SIMULATED_TOKENS = 160;
/** Situations this near to each other are one: what was predicted for one holds for the other. */
const ACCEPTANCE_STEP = 0.025;
const TIME_STEP = 1.08;
/** Of a target's pass. */
const HOP_STEP = 0.01;
/** Predictions remembered; each is a few numbers. */
const MOST_REMEMBERED = 20_000;

/** Simulating is pure, and what is asked comes again and again: a generation's situation wanders about the same place. */
const remembered = new Map<string, number>();

/** Milliseconds per token, in steady state, that a plan will take in a situation. */
export function predictMsPerToken(plan: Plan, situation: Situation): number {
  const { targetTimes, draftMs = 0, acceptance: a, hopMs: l } = situation;
  const targetMs = forwardMs(targetTimes, 1);
  switch (plan.mode) {
    case 'none':
      return targetMs;
    case 'si': {
      const k = plan.lookahead;
      return (k * draftMs + forwardMs(targetTimes, k + 1) + 2 * l) / powerSum(a, k + 1);
    }
    case 'dsi':
      // Theorem 1 of the DSI paper is the bound: what cannot pay needs no simulation.
      return Math.max(a * draftMs + (1 - a) * targetMs, speculationMsPerToken(plan, situation));
  }
}

/** How fast DSI is with too few targets, hops and waits has no closed form. */
function speculationMsPerToken(plan: Plan, situation: Situation): number {
  const { targetTimes, draftMs = 0, acceptance, hopMs, targets, drafters } = situation;
  const targetMs = forwardMs(targetTimes, 1);
  const scale = roundedTime(targetMs);
  const coarse = {
    drafterMs: Math.min(draftMs / targetMs, 10) < 0.002 ? 0 : roundedTime((draftMs / targetMs) * scale),
    perTokenMs: roundedShare(slopeMs(targetTimes, 8) / targetMs) * scale,
    hopMs: roundedShare(hopMs / targetMs) * scale,
    rate: Math.round(acceptance / ACCEPTANCE_STEP) * ACCEPTANCE_STEP,
  };
  const { lookahead, wait, ahead, jobTokens } = plan;
  const { drafterMs, perTokenMs, rate } = coarse;
  const numbers = [scale, drafterMs, perTokenMs, coarse.hopMs, rate, targets, drafters];
  const key = [...numbers, lookahead, wait, ahead, jobTokens].join(' ');
  const known = remembered.get(key);
  if (known !== undefined) return (known * targetMs) / scale;
  const { msPerToken } = simulate(
    {
      mode: 'dsi',
      target: { ...steadyTiming(scale), perTokenMs },
      drafter: steadyTiming(drafterMs),
      acceptance: { kind: 'trace', right: typicalTrace(rate, SIMULATED_TOKENS) },
      targets,
      drafters,
      latencyMs: coarse.hopMs,
      promptTokens: 1,
      tokens: SIMULATED_TOKENS,
      seed: 1,
    },
    fixedPlan(plan),
  );
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '');
  remembered.set(key, msPerToken);
  return (msPerToken * targetMs) / scale;
}

function roundedTime(ms: number): number {
  return TIME_STEP ** Math.round(Math.log(ms) / Math.log(TIME_STEP));
}

/** Finer where it is small. */
function roundedShare(share: number): number {
  return (Math.round(Math.sqrt(Math.max(0, share)) / HOP_STEP / 2) * HOP_STEP * 2) ** 2;
}
