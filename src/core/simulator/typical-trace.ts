import { EVEN_STEP, shuffle } from './typical-order.js';

/**
 * Which drafts of a text of about so many tokens are right, as a typical one of independent drafts has it: runs of right
 * drafts as long, and as often, as the geometric distribution says, in random order; the last draft is wrong, unless all
 * are right. Several texts, numbered from 0, are typical together: what one leaves out others have.
 */
export function typicalTrace(acceptance: number, tokens: number, text = 0): boolean[] {
  if (acceptance >= 1) return new Array<boolean>(tokens).fill(true);
  const runs = Math.max(1, Math.round(tokens * (1 - acceptance)));
  const within = (0.5 + text * EVEN_STEP) % 1;
  const lengths = Array.from({ length: runs }, (_, index) =>
    runLength(acceptance, (index + within) / runs, tokens),
  );
  lengths[runs - 1] = (lengths[runs - 1] as number) + missing(lengths, acceptance);
  shuffle(lengths, 7 + text);
  return lengths.flatMap((length) => [...new Array<boolean>(length).fill(true), false]);
}

/**
 * What the longest run lacks for the mean of all to be as expected: few quantiles tell little of the long tail. It stays
 * the longest.
 */
function missing(lengths: readonly number[], acceptance: number): number {
  const sum = lengths.reduce((total, length) => total + length, 0);
  const wanted = Math.round((lengths.length * acceptance) / (1 - acceptance));
  const room = (lengths.at(-1) as number) - (lengths.at(-2) ?? 0);
  return Math.max(wanted - sum, -room);
}

/** The quantile `share` of how many drafts are right before one is wrong. */
function runLength(acceptance: number, share: number, most: number): number {
  if (acceptance <= 0) return 0;
  return Math.min(most, Math.floor(Math.log(1 - share) / Math.log(acceptance)));
}
