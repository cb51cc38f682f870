import type { TraceEvent } from '../../src/core/trace.js';

/** One draft-verify round of `si`. */
export interface Round {
  /** Drafts that the pass verified, one after another. */
  readonly drafts: number;
  /** How many of them were right before the first wrong one. */
  readonly right: number;
}

/**
 * The rounds of a generation in mode `si` with one target, from its trace, in order. What a pass commits before the next
 * one are the right drafts of its path and one token of the target's own; what it read are the token before and all
 * drafts. The first pass also reads of the prompt: how many drafts it verified is not known, so it is left out.
 */
export function roundsOf(events: readonly TraceEvent[]): Round[] {
  const rounds: { drafts: number; committed: number }[] = [];
  for (const { kind, data } of events) {
    if (kind === 'pass') rounds.push({ drafts: Number(data?.tokens) - 1, committed: 0 });
    const round = rounds.at(-1);
    if (kind === 'commit' && round !== undefined) round.committed++;
  }
  return rounds
    .slice(1)
    .filter(({ committed }) => committed > 0)
    .map(({ drafts, committed }) => ({ drafts, right: committed - 1 }));
}

/** By position in a round, of the drafts that were reached (those before were right) the share that was right. */
export function shareByPosition(rounds: readonly Round[], longest: number): number[] {
  return Array.from({ length: longest }, (_, index) => {
    const reached = rounds.filter(({ drafts, right }) => drafts > index && right >= index);
    return reached.filter(({ right }) => right > index).length / reached.length;
  });
}
