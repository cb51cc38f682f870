import { createSeededRandom } from '../seeded-random.js';

/**
 * Which drafts of a text are right, as a typical one of independent drafts has it: runs of right drafts as long, and as
 * often, as the geometric distribution says, in random order. Less than a hundredth of the texts' own variance is left.
 */
export function typicalTrace(acceptance: number, tokens: number, seed = 0): boolean[] {
  const runs = Math.max(1, Math.round(tokens * (1 - acceptance)));
  const lengths = Array.from({ length: runs }, (_, index) =>
    runLength(acceptance, (index + 0.5) / runs, tokens),
  );
  const random = createSeededRandom(7 + seed);
  for (let index = runs - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [lengths[index], lengths[other]] = [lengths[other] as number, lengths[index] as number];
  }
  return lengths.flatMap((length) => [...new Array<boolean>(length).fill(true), false]);
}

/** The quantile `share` of how many drafts are right before one is wrong. */
function runLength(acceptance: number, share: number, most: number): number {
  if (acceptance <= 0) return 0;
  if (acceptance >= 1) return most;
  return Math.min(most, Math.floor(Math.log(1 - share) / Math.log(acceptance)));
}
