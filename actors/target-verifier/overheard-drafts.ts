import type { DraftProposed } from '../../src/core/messages.js';
import type { PathHash } from '../../src/core/path-hash.js';
import { MAX_AHEAD_TOKENS } from '../../src/core/planner/make-plan.js';
import type { Cancel } from '../../src/core/scheduler.js';

/** Messages remembered at most: where hops are long, many come before the job that waits for the first of them. */
const MESSAGES_KEPT = 4 * MAX_AHEAD_TOKENS;

/** What the drafters of one generation were heard to propose, by the path it goes on from. */
export class OverheardDrafts {
  private readonly messages = new Map<PathHash, DraftProposed>();

  constructor(readonly stopListening: Cancel) {}

  add(message: DraftProposed): void {
    this.messages.delete(message.parentHash);
    this.messages.set(message.parentHash, message);
    if (this.messages.size > MESSAGES_KEPT) this.messages.delete(this.messages.keys().next().value ?? '');
  }

  /** What goes on from this path, once. */
  take(path: PathHash): DraftProposed | undefined {
    const message = this.messages.get(path);
    this.messages.delete(path);
    return message;
  }
}
