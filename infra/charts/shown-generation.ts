import { createHash } from 'node:crypto';

const SHOWN_LETTERS = 12;

/**
 * What stands for a generation where its id must not be seen: whoever knows that may read and cancel it. The same in every
 * process, and no way back, since ids are random.
 */
export function shownGeneration(id: string): string {
  return `g-${createHash('sha256').update(id).digest('hex').slice(0, SHOWN_LETTERS)}`;
}
