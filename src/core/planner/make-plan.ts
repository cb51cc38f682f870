import { smallestLookahead } from '../closed-forms.js';
import type { GenerationMode, Plan } from '../generation.js';
import { forwardMs } from './forward-times.js';
import { isBesideOnlyTarget, type Situation } from './situation.js';

/** Drafts beyond the committed prefix are never more than this, whatever the times say. */
export const MAX_AHEAD_TOKENS = 64;

/** While nothing is verified drafts are only compared with what is committed: a few are enough. */
const COMPARED_AHEAD_TOKENS = 4;

/**
 * A drafter beside the only target takes of its time with every draft, about half as much as the draft takes. It is told
 * to rest where all of its drafts are right with less than this: then what comes after them costs more than it may save.
 * Drafts that an idle target waits for, it makes a good deal further.
 */
const WORTH_A_SHARED_HOST = 0.5;

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

/** Fills in how far drafters run ahead, and how many drafts a job decides. */
export function makePlan(choice: PlanChoice, situation: Situation, reason: string): Plan {
  const { mode } = choice;
  if (mode === 'none' || situation.draftMs === undefined) {
    const ahead = situation.draftMs === undefined ? 0 : COMPARED_AHEAD_TOKENS;
    const plain = { lookahead: 1, wait: 0, ahead, leastLikelihood: 0, jobTokens: 0 };
    return { mode: 'none', ...plain, targets: 1, drafters: Math.sign(ahead), reason };
  }
  if (mode === 'si') {
    const { lookahead } = choice;
    const rounds = { lookahead, wait: 0, ahead: lookahead, leastLikelihood: 0, jobTokens: lookahead };
    return { mode, ...rounds, targets: 1, drafters: 1, reason };
  }
  const { lookahead } = choice;
  const busyMs = (1.5 + 2 * situation.jitter) * forwardMs(situation.targetTimes, 1) + 4 * situation.hopMs;
  const drafts = busyMs / Math.max(situation.draftMs, 0.01);
  const ahead = clamp(Math.ceil(drafts) + 2 * lookahead, 8, MAX_AHEAD_TOKENS);
  const jobTokens = jobTokensFor(situation, ahead);
  const wait = Math.min(choice.wait, jobTokens);
  const drafters = Math.min(choice.drafters, situation.drafters);
  const { targets } = situation;
  const leastLikelihood = isBesideOnlyTarget(situation) ? WORTH_A_SHARED_HOST : 0;
  return { mode, lookahead, wait, ahead, leastLikelihood, jobTokens, targets, drafters, reason };
}

/**
 * How many drafts one job should decide: the d from 0 to `most` that maximises expected tokens per millisecond,
 * (1 - a^(d+1)) / (1 - a) / T(d + 1), for acceptance a.
 */
export function jobTokensFor({ targetTimes, acceptance }: Situation, most: number): number {
  return bestDraftCount((drafts) => forwardMs(targetTimes, drafts + 1), acceptance, most);
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
  return Math.max(1, bestDraftCount(roundMs, acceptance, 16));
}

/** Targets that start fewer passes per draft than this are far too few. */
const TOO_FEW_TARGETS = 0.2;

/**
 * How many drafts the first job after a rollback should wait for: none unless the targets are far too few to keep up
 * with the drafter; then the w that maximises (1 - a^(w+1)) / (1 - a) / (T(w + 1) + w c), since a job for the bare root
 * occupies a target that is missed when the drafts are there. On the host of the only target it also slows the drafter
 * down, so the drafts are waited for however few there will be.
 */
export function waitFor(situation: Situation, most: number): number {
  const { targetTimes, draftMs = 0, acceptance, targets } = situation;
  const keepUp = targets * draftMs >= TOO_FEW_TARGETS * forwardMs(targetTimes, 1);
  if (keepUp && !isBesideOnlyTarget(situation)) return 0;
  return bestDraftCount((drafts) => forwardMs(targetTimes, drafts + 1) + drafts * draftMs, acceptance, most);
}

function bestDraftCount(timeMs: (drafts: number) => number, acceptance: number, most: number): number {
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
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
