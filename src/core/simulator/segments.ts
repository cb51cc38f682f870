/** Right drafts in a row after which a segment ends without a wrong one. */
const LONGEST_RUN = 16;
const KINDS_PER_START = LONGEST_RUN + 1;
/** Kinds of segments, numbered from 0. */
export const SEGMENT_KINDS = 2 * KINDS_PER_START;

/** Tokens of a segment: its right drafts, and the one that took the place of the wrong one. */
export function segmentTokens(kind: number): number {
  return (kind % KINDS_PER_START) + (endsInRun(kind) ? 0 : 1);
}

export function endsInRun(kind: number): boolean {
  return kind % KINDS_PER_START === LONGEST_RUN;
}

/** How unlike two kinds are: by how they end above all, then by how they begin, then by their length. */
export function segmentDistance(kind: number, other: number): number {
  const ends = endsInRun(kind) === endsInRun(other) ? 0 : 100;
  const begins = Math.floor(kind / KINDS_PER_START) === Math.floor(other / KINDS_PER_START) ? 0 : 50;
  return ends + begins + Math.abs((kind % KINDS_PER_START) - (other % KINDS_PER_START));
}

/**
 * Cuts a text where drafts are wrong, and long runs of right ones into pieces. A segment's kind is whether it goes on a run
 * or begins one, how many drafts are right in it, and whether it ends with a wrong one.
 */
export class Segments {
  private run = 0;

  /** `goesOn`: what comes first goes on a run, as after a segment that `endsInRun`. */
  constructor(private goesOn = false) {}

  /** The next token, whose draft is right or wrong. The kind of the segment that it ends; -1: it ends none. */
  next(isRight: boolean): number {
    if (isRight && ++this.run < LONGEST_RUN) return -1;
    const kind = (this.goesOn ? KINDS_PER_START : 0) + this.run;
    this.goesOn = isRight;
    this.run = 0;
    return kind;
  }
}
