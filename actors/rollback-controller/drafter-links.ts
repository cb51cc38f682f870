import type { DraftNode } from '../../src/core/draft-tree.js';
import type { AwaitedDrafter } from '../../src/core/drafter-patience.js';
import type { ListeningDrafter } from '../../src/core/drafter-rules.js';
import type { Plan } from '../../src/core/generation.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { createSessionLink, type SessionLink } from './session-links.js';

/** The controller's view of one drafter. */
export interface DrafterLink extends SessionLink, AwaitedDrafter, ListeningDrafter {
  readonly role: 'drafter';
  /** The last path it is known to have drafted to, or was told to start from. */
  tip: DraftNode;
  /** The epoch of its last start; -1 before the first. */
  epoch: number;
  /** How it was last told to draft. */
  ahead: number;
  leastLikelihood: number;
  batch: number;
  flushMs: number;
  /** Which plan said so. */
  plan: Plan | undefined;
  /** What it was last told of the committed prefix. */
  root: number;
  /** It said that nothing more comes on its path. */
  exhausted: boolean;
  /** When last looked at, it had something to draft. */
  drafts: boolean;
  /** It was told to start from the beginning of the output, because it held another path. */
  forgetful: boolean;
}

export function createDrafterLink(announced: WorkerAnnounced, tip: DraftNode): DrafterLink {
  return {
    ...createSessionLink(announced),
    role: 'drafter',
    tip,
    epoch: -1,
    ahead: 0,
    leastLikelihood: 0,
    batch: 0,
    flushMs: 0,
    plan: undefined,
    listen: false,
    listenEpoch: 0,
    heardEpoch: -1,
    root: 0,
    owesSinceMs: 0,
    misses: 0,
    exhausted: false,
    drafts: false,
    forgetful: false,
  };
}
