import type { Plan } from './generation.js';
import type { DroppedDrafts } from './messages.js';

/** Beyond this many verdicts per draft, listening costs a drafter more than it gains on one machine. */
const MOST_VERDICTS_PER_DRAFT = 0.5;
/** For every so many milliseconds of a message's way, one verdict more per draft is worth it. */
const VERDICT_WORTH_MS = 1;
/** What it costs a target to hear one message, milliseconds, in its time and its machine's. */
const HEARING_MS = 0.75;
/** Drafts come in messages: however fast, so often at most, milliseconds. */
const LEAST_DRAFT_MS = 0.1;
/** Of what a drafter may run ahead: so much of its path may be committed before it is told, where it does not listen. */
export const UNTOLD_SHARE = 0.25;
/** A drafter that takes less than this per draft costs nothing. */
const FREE_DRAFT_MS = 0.1;

/**
 * Whether drafters had better listen to the targets themselves. It saves a refutation a hop, of `hopMs`, and costs the
 * drafter a message per pass of a target: not where there are many passes to a draft and messages are fast.
 */
export function draftersListen(
  { mode, targets }: Pick<Plan, 'mode' | 'targets'>,
  draftMs: number,
  hopMs: number,
  targetMs: number,
): boolean {
  if (mode !== 'dsi') return true;
  return targets * draftMs <= Math.max(MOST_VERDICTS_PER_DRAFT, hopMs / VERDICT_WORTH_MS) * targetMs;
}

/**
 * Whether targets had better wait for the drafts of jobs beyond the root in the drafters' own hearing. It saves each job
 * a message's way, `hopMs`, and costs its target a message per batch of drafts for as long as a pass.
 */
export function targetsListen(
  { lookahead }: Plan,
  draftMs: number,
  hopMs: number,
  targetMs: number,
): boolean {
  return hopMs * Math.max(draftMs, LEAST_DRAFT_MS) * lookahead > HEARING_MS * targetMs;
}

/** Whether a drafter that takes `draftMs` for a draft costs nothing, as lookup does. */
export function draftsFreely(draftMs: number): boolean {
  return draftMs < FREE_DRAFT_MS;
}

/** So many drafts more that are dropped, and what their passes took. */
export function withDropped(
  dropped: DroppedDrafts | undefined,
  drafts: number,
  forwardMs: number,
): DroppedDrafts {
  return {
    drafts: (dropped?.drafts ?? 0) + drafts,
    forwardMs: (dropped?.forwardMs ?? 0) + forwardMs,
  };
}

/** What a controller knows of a drafter that may be told to listen to the targets; epochs are those of its starts. */
export interface ListeningDrafter {
  listen: boolean;
  /** The start that told it to listen. */
  listenEpoch: number;
  /** The newest start that drafts have come for. */
  heardEpoch: number;
}

/** The start `epoch` tells it whether to listen; `afresh`: it may have missed what went before. */
export function noteTold(drafter: ListeningDrafter, epoch: number, listen: boolean, afresh: boolean): void {
  if (!drafter.listen || afresh) drafter.listenEpoch = epoch;
  drafter.listen = listen;
}

/** Drafts have come for the start `epoch`. */
export function noteDrafted(drafter: ListeningDrafter, epoch: number): void {
  drafter.heardEpoch = Math.max(drafter.heardEpoch, epoch);
}

/**
 * Whether a drafter surely hears the targets: one that was told to listen and has not drafted since may have missed a
 * verdict. Whatever it was told after that does not matter: where messages take longer than drafts, it turns round and
 * has drafted before the next start reaches it.
 */
export function hearsTargets({ listen, listenEpoch, heardEpoch }: ListeningDrafter): boolean {
  return listen && heardEpoch >= listenEpoch;
}

/**
 * Whether a drafter waits for the targets before it goes on from what it has published: in rounds, or beside plain
 * decoding.
 */
export function draftsInRounds({ mode }: Plan): boolean {
  return mode !== 'dsi';
}

/** Drafts per message. */
export function batchOf({ lookahead }: Plan): number {
  return Math.max(1, lookahead);
}

/** What a drafter that does not listen was last told, and how long its path is; in tokens, prompt included. */
export interface ToldDrafter {
  readonly ahead: number;
  readonly root: number;
  readonly length: number;
}

/** Whether to tell it that `root` tokens are committed: now and then, and before it must stop. */
export function owesConfirmation(told: ToldDrafter, root: number): boolean {
  const step = Math.max(1, Math.floor(told.ahead * UNTOLD_SHARE));
  return root - told.root >= step || (root > told.root && told.length >= told.root + told.ahead - 1);
}
