import { createSeededRandom } from '../seeded-random.js';

/** The golden ratio less 1: its multiples, without their whole parts, fill gaps evenly. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * Which drafts of a text of about so many tokens are right, as a typical one of independent drafts has it: runs of right
 * drafts as long, and as often, as the geometric distribution says, in random order; the last draft is wrong, unless all
 * are right. Several texts, numbered from 0, are typical together: what one leaves out others have.
 */
export function typicalTrace(acceptance: number, tokens: number, text = 0): boolean[] {
  if (acceptance >= 1) return new Array<boolean>(tokens).fill(true);
  const runs = Math.max(1, Math.round(tokens * (1 - acceptance)));
  const within = (0.5 + text * STEP) % 1;
  const lengths = Array.from({ length: runs }, (_, index) =>
    runLength(acceptance, (index + within) / runs, tokens),
  );
  lengths[runs - 1] = (lengths[runs - 1] as number) + missing(lengths, acceptance);
  const random = createSeededRandom(7 + text);
  for (let index = runs - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [lengths[index], lengths[other]] = [lengths[other] as number, lengths[index] as number];
  }
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
