import { smallestLookahead } from '../closed-forms.js';
import { LEAST_LIKELIHOOD } from '../dispatch.js';
import { draftersListen, UNTOLD_SHARE } from '../drafter-rules.js';
import type { GenerationMode, Plan } from '../generation.js';
import { forwardMs, LIKELY_TOKENS, slopeMs } from './forward-times.js';
import { isBesideOnlyTarget, type Situation } from './situation.js';

/** Drafts beyond the committed prefix are never more than this, whatever the times say. */
export const MAX_AHEAD_TOKENS = 256;
/** Nor more than this, where drafts so far ahead are not likely enough to be verified. */
const UNLIKELY_AHEAD_TOKENS = 64;
const LEAST_AHEAD_TOKENS = 8;

/** While nothing is verified drafts are only compared with what is committed: a few are enough. */
const COMPARED_AHEAD_TOKENS = 4;

/**
 * The most that is asked of drafts beside the only target. One that is made while the target is busy takes of its time,
 * about half as much as the draft takes: where all are right with less than this, it costs more than it may save.
 */
const WORTH_A_SHARED_HOST = 0.5;
/** Drafters are told anew what is likely enough: in steps, or they would be told with every measurement. */
const LIKELIHOOD_STEP = 0.05;

/** Most drafts that a first job waits for, and of a round. */
const MOST_AWAITED = 16;
export const MOST_OF_A_ROUND = 64;

/** A draft that adds less than this to the expected rate is not worth its place in a job. */
const NEGLIGIBLE_GAIN = 1.0001;

/** A plan as it is considered: what follows from these numbers is filled in. */
export interface PlanChoice {
  readonly mode: GenerationMode;
  readonly lookahead: number;
  readonly wait: number;
  /** Instances of the drafter that take turns (dsi), as far as they are at hand. */
  readonly drafters: number;
}

export const PLAIN: PlanChoice = { mode: 'none', lookahead: 1, wait: 0, drafters: 1 };

/** Fills in how far drafters run ahead, and how many drafts a job decides. */
export function makePlan(choice: PlanChoice, situation: Situation, reason: string): Plan {
  const { mode } = choice;
  if (mode === 'none' || situation.draftMs === undefined) {
    const ahead = situation.draftMs === undefined ? 0 : COMPARED_AHEAD_TOKENS;
    const plain = { lookahead: 1, wait: 0, ahead, leastLikelihood: 0, jobTokens: 0, placeCosts: [] };
    return { mode: 'none', ...plain, targets: 1, drafters: Math.sign(ahead), reason };
  }
  if (mode === 'si') {
    const { lookahead } = choice;
    const rounds = { lookahead, wait: 0, ahead: lookahead, jobTokens: lookahead };
    return { mode, ...rounds, leastLikelihood: 0, placeCosts: [], targets: 1, drafters: 1, reason };
  }
  const { lookahead } = choice;
  const ahead = aheadFor(lookahead, situation);
  const jobTokens = jobTokensFor(atBest(situation), ahead);
  const wait = Math.min(choice.wait, jobTokens);
  const drafters = Math.min(choice.drafters, situation.drafters);
  const { targets } = situation;
  const { leastLikelihood, placeCosts } = likelihoods(situation, jobTokens);
  const bounds = { ahead, leastLikelihood, jobTokens, placeCosts };
  return { mode, lookahead, wait, ...bounds, targets, drafters, reason };
}

/**
 * How far a drafter runs ahead, so that it need not stop before a verdict is back: for as long as a verdict usually takes,
 * and where drafts so far ahead are likely enough to be verified for as long as it may take, which is when a draft just
 * missed a job. Where all drafts are right no rollback ever resets the rhythm: a drafter that stops once leaves jobs of
 * unequal size, and stops again, for ever.
 */
function aheadFor(
  lookahead: number,
  { targetTimes, draftMs = 0, hopMs, jitter, acceptance, targets }: Situation,
): number {
  const targetMs = forwardMs(targetTimes, 1);
  const isTold = draftersListen({ mode: 'dsi', targets }, draftMs, hopMs, targetMs);
  const longestMs = ((2 + 2 * jitter) * targetMs + 6 * hopMs) / (isTold ? 1 : 1 - UNTOLD_SHARE);
  const draftsIn = (ms: number, most: number) =>
    clamp(Math.ceil(ms / Math.max(draftMs, 0.01)) + 2 * lookahead, LEAST_AHEAD_TOKENS, most);
  const usual = draftsIn((1.5 + 2 * jitter) * targetMs + 4 * hopMs, UNLIKELY_AHEAD_TOKENS);
  const most = draftsIn(longestMs, MAX_AHEAD_TOKENS);
  return clamp(likelyDrafts(acceptance), usual, most);
}

/** Drafts after which a path is less likely to be right than what is verified. */
function likelyDrafts(acceptance: number): number {
  if (acceptance >= 1) return Number.POSITIVE_INFINITY;
  return Math.floor(Math.log(LEAST_LIKELIHOOD) / Math.log(acceptance));
}

/**
 * Beside the only target how likely drafts are decides, and their number is a bound only. With R tokens per millisecond
 * in all, one more draft is worth waiting for where the likelihood of all before it, times the acceptance, is more than R
 * times what it takes, and places in a job that is there anyway where they bring more tokens than R times what they add to
 * the pass.
 */
function likelihoods(situation: Situation, jobTokens: number): Pick<Plan, 'leastLikelihood' | 'placeCosts'> {
  if (!decidesByLikelihood(situation)) return { leastLikelihood: 0, placeCosts: [] };
  const { draftMs = 0, targetTimes, acceptance } = situation;
  const { rate } = bestDrafts(waitingMs(situation), acceptance, MOST_AWAITED);
  const worthWaiting = (rate * (draftMs + slopeMs(targetTimes, LIKELY_TOKENS))) / acceptance;
  const placeCosts = Array.from(
    { length: jobTokens + 1 },
    (_, drafts) => rate * (forwardMs(targetTimes, drafts + 1) - forwardMs(targetTimes, 1)),
  );
  const leastLikelihood = Math.min(
    WORTH_A_SHARED_HOST,
    LIKELIHOOD_STEP * Math.ceil(worthWaiting / LIKELIHOOD_STEP),
  );
  return { leastLikelihood, placeCosts };
}

/** Where likelihood decides, numbers are bounds for drafts that are surer than most. */
function atBest(situation: Situation): Situation {
  return decidesByLikelihood(situation)
    ? { ...situation, acceptance: (1 + situation.acceptance) / 2 }
    : situation;
}

/** Where a drafter beside the only target, which takes time, hears of verdicts by itself, so that it may rest. */
function decidesByLikelihood(situation: Situation): boolean {
  if (!isBesideOnlyTarget(situation)) return false;
  const { draftMs = 0, hopMs, targets, targetTimes } = situation;
  const targetMs = forwardMs(targetTimes, 1);
  return targetMs > 0 && draftersListen({ mode: 'dsi', targets }, draftMs, hopMs, targetMs);
}

/**
 * How many drafts one job should decide: the d from 0 to `most` that maximises expected tokens per millisecond,
 * (1 - a^(d+1)) / (1 - a) / T(d + 1), for acceptance a.
 */
export function jobTokensFor({ targetTimes, acceptance }: Situation, most: number): number {
  return bestDrafts((drafts) => forwardMs(targetTimes, drafts + 1), acceptance, most).drafts;
}

/** Lookahead by Eq. 1 of the DSI paper: the fewest drafts per job that SP targets keep up with, 16 at most. */
export function lookaheadFor({ targetTimes, draftMs = 0, hopMs, targets }: Situation): number {
  return Math.min(
    16,
    smallestLookahead({ targetMs: forwardMs(targetTimes, 1), drafterMs: draftMs, targets }, hopMs),
  );
}

/** Drafts per round that maximise (1 - a^(k+1)) / (1 - a) / (k c + T(k + 1) + 2l): the fair lookahead of SI. */
export function roundFor({ targetTimes, draftMs = 0, acceptance, hopMs }: Situation): number {
  const roundMs = (drafts: number) => drafts * draftMs + forwardMs(targetTimes, drafts + 1) + 2 * hopMs;
  return Math.max(1, bestDrafts(roundMs, acceptance, MOST_OF_A_ROUND).drafts);
}

/** Targets that start fewer passes per draft than this are far too few. */
const TOO_FEW_TARGETS = 0.2;

/**
 * How many drafts the first job after a rollback should wait for: none unless the targets are far too few to keep up
 * with the drafter; then the w that maximises (1 - a^(w+1)) / (1 - a) / (T(w + 1) + w c), since a job for the bare root
 * occupies a target that is missed when the drafts are there. On the host of the only target it also slows the drafter
 * down, so the drafts are waited for however few there will be, and for more where the drafter is sure of them.
 */
export function waitFor(situation: Situation): number {
  const { targetTimes, draftMs = 0, targets } = situation;
  const keepUp = targets * draftMs >= TOO_FEW_TARGETS * forwardMs(targetTimes, 1);
  if (keepUp && !isBesideOnlyTarget(situation)) return 0;
  return bestDrafts(waitingMs(situation), atBest(situation).acceptance, MOST_AWAITED).drafts;
}

/** What a job takes that waits for all of its drafts. */
function waitingMs({ targetTimes, draftMs = 0 }: Situation): (drafts: number) => number {
  return (drafts) => forwardMs(targetTimes, drafts + 1) + drafts * draftMs;
}

/** How many drafts bring most tokens per millisecond, and how many tokens that is. */
function bestDrafts(
  timeMs: (drafts: number) => number,
  acceptance: number,
  most: number,
): { readonly drafts: number; readonly rate: number } {
  let best = 0;
  let bestRate = 0;
  let expected = 0;
  let alive = 1;
  for (let drafts = 0; drafts <= most; drafts++) {
    expected += alive;
    alive *= acceptance;
    const rate = expected / timeMs(drafts);
    if (rate > bestRate * NEGLIGIBLE_GAIN) {
      bestRate = rate;
      best = drafts;
    }
  }
  return { drafts: best, rate: bestRate };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
