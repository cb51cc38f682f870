/** How much better drafts are in a good block than on average, and worse in a bad one: 0 not at all, 1 all or nothing. */
const BURST_CONTRAST = 0.8;

/**
 * Acceptance of a draft in a block of a bursty drafter whose acceptance is `acceptance` on average; a block is good with
 * that same probability.
 */
export function acceptanceInBlock(acceptance: number, good: boolean): number {
  return good ? acceptance + (1 - acceptance) * BURST_CONTRAST : acceptance * (1 - BURST_CONTRAST);
}
