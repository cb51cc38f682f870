import type { DroppedDrafts } from '../messages.js';

/**
 * What the processes tell each other: the wire messages of `../messages.ts` without their tokens. A path is named by the
 * line it is on and its length in tokens, prompt included; workers by their number among those of their role.
 */
export type SimulatedMessage =
  | SessionOpened
  | SessionReady
  | JobAssigned
  | JobPatienceEnded
  | VerdictReturned
  | JobEnded
  | DraftStart
  | DraftConfirmed
  | DraftProposed
  | VerdictOverheard
  | DraftRejected;

/** controller -> worker: ingest the prompt. */
export interface SessionOpened {
  readonly kind: 'session.opened';
  readonly role: 'target' | 'drafter';
  readonly worker: number;
}

/** worker -> controller */
export interface SessionReady {
  readonly kind: 'session.ready';
  readonly role: 'target' | 'drafter';
  readonly worker: number;
}

/** controller -> target: verdicts after the paths of `first`..`length` tokens on this line. */
export interface JobAssigned {
  readonly kind: 'job.assigned';
  readonly target: number;
  readonly job: number;
  readonly line: number;
  readonly length: number;
  /** Tokens of the path that the target is known to hold. */
  readonly from: number;
  readonly first: number;
  readonly committed: number;
  readonly extend: number;
  readonly extendOnRefutationOnly: boolean;
  readonly listen: boolean;
  readonly awaitDrafts: number;
  readonly awaitMs: number;
}

/** target -> itself: it has waited for drafts long enough. */
export interface JobPatienceEnded {
  readonly kind: 'job.patienceEnded';
  readonly target: number;
  readonly job: number;
}

/** target -> controller: its own next tokens after the paths of `first`..`first + count - 1` tokens; they are on `line`. */
export interface VerdictReturned {
  readonly kind: 'verdict.returned';
  readonly target: number;
  readonly job: number;
  readonly line: number;
  readonly first: number;
  readonly count: number;
  readonly tokensIngested: number;
  readonly forwardMs: number;
  readonly committed: number;
  readonly done: boolean;
}

/** target -> controller */
export interface JobEnded {
  readonly kind: 'job.ended';
  readonly target: number;
  readonly job: number;
  readonly outcome: 'resync' | 'dropped';
  /** Committed tokens that the target holds. */
  readonly held: number;
}

/** controller -> drafter: draft on after this path. */
export interface DraftStart {
  readonly kind: 'draft.start';
  readonly drafter: number;
  readonly epoch: number;
  readonly line: number;
  readonly length: number;
  /** Tokens of the path that the drafter is believed to hold. */
  readonly from: number;
  readonly root: number;
  readonly listen: boolean;
  readonly ahead: number;
  readonly afresh: boolean;
  readonly batch: number;
  readonly flushMs: number;
}

/** controller -> drafter that does not listen */
export interface DraftConfirmed {
  readonly kind: 'draft.confirmed';
  readonly drafter: number;
  readonly epoch: number;
  readonly root: number;
}

/** drafter -> controller, and the targets that hear the drafters: drafts after the first `from` tokens of the path. */
export interface DraftProposed {
  readonly kind: 'draft.proposed';
  /** Of the drafters' proposals, in the order in which they are sent. */
  readonly number: number;
  readonly drafter: number;
  readonly epoch: number;
  readonly line: number;
  readonly from: number;
  readonly length: number;
  readonly startedAtMs: number;
  readonly forwardMs: number;
  readonly rests: boolean;
  readonly dropped: DroppedDrafts | undefined;
}

/** A verdict as it reaches a drafter that listens. */
export interface VerdictOverheard {
  readonly kind: 'verdict.overheard';
  readonly drafter: number;
  readonly subscription: number;
  readonly verdict: VerdictReturned;
}

/** drafter -> controller: it does not hold the path that a start builds on. */
export interface DraftRejected {
  readonly kind: 'draft.rejected';
  readonly drafter: number;
}
