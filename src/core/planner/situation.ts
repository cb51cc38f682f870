import type { ForwardTime } from '../model.js';
import { forwardMs } from './forward-times.js';

/** What a plan depends on, as measured. */
export interface Situation {
  /** T(n) of one target, milliseconds. */
  readonly targetTimes: readonly ForwardTime[];
  /** c, milliseconds from one draft to the next; undefined: no drafter. */
  readonly draftMs: number | undefined;
  /** Share of drafts that are right when those before them are, 0..1. */
  readonly acceptance: number;
  /** Decided drafts that acceptance was measured from since it last changed; a generation remembers 3,000. */
  readonly decided: number;
  /** l, milliseconds of a message one way. */
  readonly hopMs: number;
  /** SP. */
  readonly targets: number;
  /** Drafters at hand that are instances of one model. */
  readonly drafters: number;
  /** Whether a drafter whose passes take time runs on a target's host. */
  readonly sharesHost: boolean;
  /** Coefficient of variation of passes. */
  readonly jitter: number;
  /** Passes that T was measured from since it last changed; a generation remembers 1,000. */
  readonly passes: number;
  /** Tokens that may still come. */
  readonly remaining: number;
}

/** Where the workers are. */
export type Place = Pick<Situation, 'targets' | 'sharesHost'>;

/** Whether a drafter runs on the host of the only target: each slows the other down. */
export function isBesideOnlyTarget({ sharesHost, targets }: Place): boolean {
  return sharesHost && targets === 1;
}

/** Tokens after which it is looked at again whether what was measured has drifted. */
export const REPLAN_TOKENS = 8;

/** The better drafts are, the more the last few per cent of them count. */
const MOST_ACCEPTANCE_DRIFT = 0.04;
const LEAST_ACCEPTANCE_DRIFT = 0.01;
const REFUTED_DRIFT = 0.15;
/** Acceptance that moved by so many times as much makes for another situation altogether. */
const ANOTHER_DRIFT = 4;
const TIME_DRIFT = 0.1;
const JITTER_DRIFT = 0.1;
/** Of a target's pass: hops below this share matter little. */
const HOP_DRIFT = 0.02;

/** Variation of passes from which on their mean takes many of them to be known. */
const UNSURE_JITTER = 0.05;
/** So many times as many passes or drafts may have told of something else than what was planned for. */
const SURER = 3;

/** Whether workers have come or gone. */
export function hasOtherWorkers(then: Situation, now: Situation): boolean {
  return (
    then.targets !== now.targets ||
    then.drafters !== now.drafters ||
    then.sharesHost !== now.sharesHost ||
    (then.draftMs === undefined) !== (now.draftMs === undefined)
  );
}

/** Whether `now` is so different from what a plan was made for that another may be better. */
export function hasDrifted(then: Situation, now: Situation): boolean {
  if (hasOtherWorkers(then, now)) return true;
  const targetMs = forwardMs(now.targetTimes, 1);
  return (
    (now.jitter >= UNSURE_JITTER && now.passes >= SURER * then.passes) ||
    Math.abs(then.acceptance - now.acceptance) > acceptanceDrift(then, now) ||
    Math.abs(then.jitter - now.jitter) > JITTER_DRIFT ||
    differs(forwardMs(then.targetTimes, 1), targetMs) ||
    differs(forwardMs(then.targetTimes, 8), forwardMs(now.targetTimes, 8)) ||
    differs(then.draftMs ?? 0, now.draftMs ?? 0) ||
    Math.abs(then.hopMs - now.hopMs) > HOP_DRIFT * targetMs
  );
}

/** Whether what is best for `then` says nothing of what is best for `now`. */
export function isAnother(then: Situation, now: Situation): boolean {
  const drift = Math.abs(then.acceptance - now.acceptance);
  return drift > ANOTHER_DRIFT * acceptanceNoise(now.acceptance);
}

/** What was planned for by few drafts was wrong by luck, and is planned for again once there are more. */
function acceptanceDrift(then: Situation, now: Situation): number {
  return now.decided >= SURER * then.decided ? LEAST_ACCEPTANCE_DRIFT : acceptanceNoise(now.acceptance);
}

function acceptanceNoise(acceptance: number): number {
  return Math.min(MOST_ACCEPTANCE_DRIFT, LEAST_ACCEPTANCE_DRIFT + REFUTED_DRIFT * (1 - acceptance));
}

function differs(then: number, now: number): boolean {
  return Math.abs(then - now) > TIME_DRIFT * Math.max(then, now);
}
