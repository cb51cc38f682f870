import type { Proposal } from './draft-tree.js';

/** Committed tokens that a drafter is judged by, about. */
const MEMORY_TOKENS = 48;
/** A drafter that is the first to guess fewer of the committed tokens than this helps nobody. */
const LEAST_SHARE = 0.04;
/** After a rest it is judged sooner, the sooner the more often it rested in a row, but by no fewer than these. */
const SHORTEST_TRIAL_TOKENS = 12;
/** How long it rests then, in committed tokens: twice as long each time in a row. */
const FIRST_REST_TOKENS = 64;
const LONGEST_REST_TOKENS = 512;

interface Record {
  /** Share of the committed tokens, lately, that it was the first to guess. */
  share: number;
  /** Committed tokens that it was given to show what it can do. */
  tried: number;
  /** It rests until so many tokens are committed. */
  restsUntil: number;
  rests: number;
}

/** Who of several drafters is of use: one that is not costs processor time and drafts that nobody needs. */
export class DrafterUsefulness {
  private readonly drafters = new Map<string, Record>();
  private committed = 0;

  /** A token was committed; `right` are those who had guessed it, the first first. */
  noteCommitted(right: readonly Proposal[]): void {
    this.committed++;
    const first = right[0]?.drafter;
    for (const [drafter, record] of this.drafters) {
      if (this.rests(drafter)) continue;
      record.tried++;
      record.share += ((drafter === first ? 1 : 0) - record.share) / Math.min(record.tried, MEMORY_TOKENS);
      if (record.tried < Math.max(SHORTEST_TRIAL_TOKENS, MEMORY_TOKENS / 2 ** record.rests)) continue;
      if (record.share >= LEAST_SHARE) {
        record.rests = 0;
        continue;
      }
      const rest = Math.min(LONGEST_REST_TOKENS, FIRST_REST_TOKENS * 2 ** record.rests);
      record.restsUntil = this.committed + rest;
      record.rests++;
      record.tried = 0;
      record.share = 0;
    }
  }

  /** Takes part from now on. */
  add(drafter: string): void {
    if (!this.drafters.has(drafter))
      this.drafters.set(drafter, { share: 0, tried: 0, restsUntil: 0, rests: 0 });
  }

  /** Whether it had better not draft for now. */
  rests(drafter: string): boolean {
    return this.committed < (this.drafters.get(drafter)?.restsUntil ?? 0);
  }

  /** Share of the committed tokens, lately, that it was the first to guess. */
  share(drafter: string): number {
    return this.drafters.get(drafter)?.share ?? 0;
  }
}
