import type { DraftNode } from '../../src/core/draft-tree.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { createSessionLink, type SessionLink } from './session-links.js';

/** A job that was sent and not yet answered to its end. */
export interface LiveJob {
  readonly id: number;
  /** Nodes whose verdicts it owes; none where the target is only to catch up. */
  readonly nodes: DraftNode[];
  readonly sentAtMs: number;
  deadlineMs: number;
  /** Own verdicts the worker may still go on from. */
  extendLeft: number;
  /** Everything assigned is decided; the worker goes on from its own verdicts. */
  extending: boolean;
  /** Drafts that the worker still waits for; they are its to decide when they come. */
  awaits: number;
  /** Whether it was sent to wait: which drafts it began with, its verdicts tell. */
  readonly waited: boolean;
  /** Sent to a target that had nothing to do, and not heard of since: how long it takes tells of messages. */
  wasIdle: boolean;
  /** Tokens of its path that the target lacked. */
  readonly lacked: number;
}

/** Whether a job decides nothing that is not committed. */
export function isCatchUp(job: LiveJob | undefined): boolean {
  return job?.nodes.length === 0;
}

/** The controller's view of one target. */
export interface TargetLink extends SessionLink {
  readonly role: 'target';
  /** The longest path that this target is known to hold, or was told to. */
  held: DraftNode;
  /** In the order sent; the second waits in the worker for the first to end. */
  readonly jobs: LiveJob[];
  /** Missed a deadline and was not heard of since. */
  suspect: boolean;
  /** Deadlines missed in a row. */
  misses: number;
  /** Answers `resync` in a row. */
  resyncs: number;
  /** The newest job whose failure is counted. */
  failedJob: number;
  /** The newest session whose failure to ingest the prompt is counted. */
  failedOpening: number;
}

export function createTargetLink(announced: WorkerAnnounced, held: DraftNode): TargetLink {
  return {
    ...createSessionLink(announced),
    role: 'target',
    held,
    jobs: [],
    suspect: false,
    misses: 0,
    resyncs: 0,
    failedJob: -1,
    failedOpening: 0,
  };
}
