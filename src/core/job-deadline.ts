/** A job is taken for lost after this many times what it should take, plus the grace; doubled at each miss in a row. */
const DEADLINE_FACTOR = 4;
const DEADLINE_GRACE_MS = 300;
const MOST_DOUBLINGS = 6;

/** How long a job that should take `expectedMs` may take, after `misses` deadlines missed in a row; milliseconds. */
export function jobAllowanceMs(expectedMs: number, misses: number): number {
  return (DEADLINE_FACTOR * expectedMs + DEADLINE_GRACE_MS) * 2 ** Math.min(misses, MOST_DOUBLINGS);
}
