const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** So many pages that lost one server do not all come back at once. */
const SPREAD = 0.3;

/** How long to wait after `failures` failures in a row; `random` from 0 to 1 makes it up to 30 % shorter. */
export function backOffMs(failures: number, random: number): number {
  return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) * (1 - SPREAD * random));
}
