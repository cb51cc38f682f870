import { powerSum } from '../closed-forms.js';
import type { Plan } from '../generation.js';
import { steadyTiming } from '../pass-timing.js';
import { fixedPlan, type SimulationSettings } from '../simulator/settings.js';
import { simulateWith } from '../simulator/simulate.js';
import { draftTruth } from '../simulator/truth.js';
import { TypicalDrafterTimes, TypicalTargetTimes } from '../simulator/typical-times.js';
import { typicalTrace } from '../simulator/typical-trace.js';
import { forwardMs, LIKELY_TOKENS, slopeMs } from './forward-times.js';
import type { Situation } from './situation.js';

/**
 * A prediction is a moment between two messages: so many passes of the drafter are simulated, about, and tokens within
 * these bounds, or more where they come in long runs. Longer predictions are the mean over several texts.
 */
const SIMULATED_DRAFTS = 2000;
const MOST_TOKENS = 512;
const FEWEST_TOKENS = 192;
/** Before them, until drafter and targets are in step. */
const UNSTEADY_TOKENS = 24;
/** Tokens are committed by runs: of fewer of them than this it would matter where the text begins and ends. */
const FEWEST_RUNS = 4;
/**
 * Acceptance is known to so much at best: texts are of one that is as it is measured, higher and lower in turns. Where
 * passes do not vary a plan may fall into a rhythm that is good at one acceptance and bad at the next.
 */
const UNSURE_BY = 0.02;
const MOST_OF_WHAT_IS_WRONG = 1 / 8;
/** Rates of acceptance are rounded; the better drafts are, the more the last few per cent of them count. */
const COARSE_RATES = 100;
const FINE_RATES = 200;
/**
 * Passes that vary less than this are simulated as ones that do not. Then it matters to the last digit whether the drafts
 * of a pass are there when it ends. Where passes vary, situations near to each other are one: what was predicted for one
 * holds for the other.
 */
const STEADY_JITTER = 0.02;
const DIGITS = 12;
/**
 * Where times are multiples of one another the last digit decides, and for as long as the text goes on, whether drafts come
 * just in time or just too late: of that hangs up to a tenth of the time per token, and nobody measures so many digits. So
 * every other three texts have drafters that are by so much slower; more than a pass goes by between two drafts.
 */
const TIE_BREAK = 1e-6;
const TIME_STEP = 1.04;
const JITTER_STEP = 0.05;
/** Of the root of a share of a target's pass. */
const SHARE_STEP = 0.02;
/** Predictions remembered; each is a few numbers. */
const MOST_REMEMBERED = 20_000;

/** Simulating is pure, and what is asked comes again and again: a generation's situation wanders about the same place. */
const remembered = new Map<string, number>();

/**
 * Milliseconds per token, in steady state, that a plan will take in a situation. What has no closed form is simulated on
 * a typical text: the one with this number, from 0.
 */
export function predictMsPerToken(plan: Plan, situation: Situation, text: number): number {
  const { targetTimes, draftMs = 0, acceptance: a, hopMs: l } = situation;
  const targetMs = forwardMs(targetTimes, 1);
  switch (plan.mode) {
    case 'none':
      return targetMs;
    case 'si': {
      const k = plan.lookahead;
      return (k * draftMs + forwardMs(targetTimes, k + 1) + 2 * l) / powerSum(a, k + 1);
    }
    case 'dsi': {
      const acceptance = acceptanceOf(situation, text);
      const supposed = { ...situation, acceptance };
      return Math.max(leastMsPerToken(supposed), speculationMsPerToken(plan, supposed, text));
    }
  }
}

/**
 * Theorem 1 of the DSI paper, for passes that always take as long. A draft that is late on average comes in time now and
 * then where they vary: there is no such bound.
 */
function leastMsPerToken({ targetTimes, draftMs = 0, acceptance: a, jitter }: Situation): number {
  return jitter < STEADY_JITTER ? a * draftMs + (1 - a) * forwardMs(targetTimes, 1) : 0;
}

/** How fast DSI is with too few targets, hops and waits has no closed form. */
function speculationMsPerToken(plan: Plan, situation: Situation, text: number): number {
  const targetMs = forwardMs(situation.targetTimes, 1);
  const { scaleMs, drafterMs: exactMs, perTokenMs, hopMs, rate, jitter } = rounded(situation, targetMs);
  const drafterMs = jitter === 0 ? exactMs * (1 + tieBreak(text)) : exactMs;
  const { targets } = situation;
  const { lookahead, wait, ahead, jobTokens, placeCosts, drafters } = plan;
  const numbers = [scaleMs, drafterMs, perTokenMs, hopMs, rate, jitter, targets, drafters];
  const key = [...numbers, lookahead, wait, ahead, jobTokens, text, ...placeCosts].join(' ');
  const known = remembered.get(key);
  if (known !== undefined) return (known * targetMs) / scaleMs;
  const run = Math.ceil(powerSum(rate, ahead + 1));
  const tokens = Math.max(simulatedTokens(drafterMs, scaleMs, rate, ahead), FEWEST_RUNS * run);
  const before = typicalTrace(rate, Math.max(UNSTEADY_TOKENS, run), text);
  const right = [...before, ...typicalTrace(rate, tokens, text)];
  const settings: SimulationSettings = {
    mode: 'dsi',
    target: { ...steadyTiming(scaleMs), perTokenMs, jitter },
    drafter: { ...steadyTiming(drafterMs), jitter },
    acceptance: { kind: 'trace', right },
    targets,
    drafters,
    latencyMs: hopMs,
    promptTokens: 1,
    tokens: Number.MAX_SAFE_INTEGER,
    // From one wrong draft to another: part of a job's drafts would take as long as all of them.
    simulatedTokens: right.length,
    unsteadyTokens: before.length,
    seed: text,
    knownAcceptance: rate,
  };
  const truth = draftTruth(settings.acceptance, text, settings.promptTokens);
  const targetTimes = new TypicalTargetTimes(settings.target, 1, right, before.length, text);
  const { steadyMsPerToken } = simulateWith(settings, fixedPlan(plan), truth, 0, (role, worker) =>
    role === 'target' ? targetTimes : new TypicalDrafterTimes(settings.drafter, 1000 * text + worker),
  );
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '');
  remembered.set(key, steadyMsPerToken);
  return (steadyMsPerToken * targetMs) / scaleMs;
}

function acceptanceOf({ acceptance }: Situation, text: number): number {
  const doubt = Math.min(UNSURE_BY, MOST_OF_WHAT_IS_WRONG * Math.min(acceptance, 1 - acceptance));
  return acceptance + ([0, doubt, -doubt][text % 3] as number);
}

/** Share of a drafter's time that is added to it; within three texts the acceptance changes. */
function tieBreak(text: number): number {
  return Math.floor(text / 3) % 2 === 0 ? 0 : TIE_BREAK;
}

/** Where drafts are cheap and bad, a drafter makes many of them for each token. */
function simulatedTokens(drafterMs: number, scaleMs: number, rate: number, ahead: number): number {
  const drafts = rate + (1 - rate) * Math.min(ahead, scaleMs / drafterMs);
  return Math.round(Math.min(MOST_TOKENS, Math.max(FEWEST_TOKENS, SIMULATED_DRAFTS / (1 + drafts))));
}

/** What is simulated for a situation; times are multiples of `scaleMs`, as those measured are of `targetMs`. */
function rounded({ targetTimes, draftMs = 0, acceptance, hopMs, jitter }: Situation, targetMs: number) {
  const rates = acceptance > 0.9 ? FINE_RATES : COARSE_RATES;
  const rate = Math.round(acceptance * rates) / rates;
  const slope = slopeMs(targetTimes, LIKELY_TOKENS);
  const drafterMs = Math.min(draftMs, 10 * targetMs);
  if (jitter < STEADY_JITTER) {
    const digits = (ms: number) => Number(ms.toPrecision(DIGITS));
    const [scaleMs, perTokenMs] = [digits(targetMs), digits(slope)];
    return { scaleMs, drafterMs: digits(drafterMs), perTokenMs, hopMs: digits(hopMs), rate, jitter: 0 };
  }
  const scaleMs = roundedTime(targetMs);
  return {
    scaleMs,
    drafterMs: drafterMs < 0.002 * targetMs ? 0 : roundedTime((drafterMs / targetMs) * scaleMs),
    perTokenMs: roundedShare(slope / targetMs) * scaleMs,
    hopMs: roundedShare(hopMs / targetMs) * scaleMs,
    rate,
    jitter: Math.round(jitter / JITTER_STEP) * JITTER_STEP,
  };
}

function roundedTime(ms: number): number {
  return TIME_STEP ** Math.round(Math.log(ms) / Math.log(TIME_STEP));
}

/** Finer where it is small. */
function roundedShare(share: number): number {
  return (Math.round(Math.sqrt(Math.max(0, share)) / SHARE_STEP) * SHARE_STEP) ** 2;
}
