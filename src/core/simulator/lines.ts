/** Lines remembered. Messages speak of the last few hundred; of what is long dead only its length still matters. */
const LINES_KEPT = 8192;
/** Slots of the index from where a line begins to the line. */
const INDEX_SIZE = 1024;

/** The text itself: what the target says after the prompt. */
export const TEXT = 0;

/**
 * Where paths part. The target goes on from every path in one way; a wrong draft leaves that line and begins another. So
 * a path is a line and a length, and two paths share what comes before the first wrong draft that only one of them took.
 * The same draft after the same path is the same line, whoever drafts it.
 */
export class Lines {
  private readonly parents = new Int32Array(LINES_KEPT);
  private readonly forks = new Int32Array(LINES_KEPT);
  private readonly index = new Int32Array(INDEX_SIZE);
  private newest = TEXT;

  constructor() {
    this.forks[TEXT] = -1;
  }

  /** Tokens that the line shares with the one it left; -1 for the text. */
  forkOf(line: number): number {
    return this.forks[line] as number;
  }

  parentOf(line: number): number {
    return this.parents[line] as number;
  }

  /** The line that a path takes by a wrong draft after its first `length` tokens. */
  leave(line: number, length: number): number {
    const slot = (length + line * 211) & (INDEX_SIZE - 1);
    const known = this.index[slot] as number;
    if (known !== TEXT && this.parents[known] === line && this.forks[known] === length) return known;
    this.newest = this.newest + 1 < LINES_KEPT ? this.newest + 1 : TEXT + 1;
    this.parents[this.newest] = line;
    this.forks[this.newest] = length;
    this.index[slot] = this.newest;
    return this.newest;
  }

  /** The line on which the first `length` tokens of a path on `line` end. */
  lineAt(line: number, length: number): number {
    let at = line;
    while (length <= (this.forks[at] as number)) at = this.parents[at] as number;
    return at;
  }

  /** How many tokens two paths share. */
  shared(line: number, length: number, otherLine: number, otherLength: number): number {
    let shared = Math.min(length, otherLength);
    let a = line;
    let b = otherLine;
    while (a !== b) {
      const forkA = this.forks[a] as number;
      const forkB = this.forks[b] as number;
      shared = Math.min(shared, Math.max(forkA, forkB));
      if (forkA > forkB) a = this.parents[a] as number;
      else b = this.parents[b] as number;
    }
    return shared;
  }

  /** Length of the shortest path from `length` tokens on after which a path on `line` has a wrong draft; else infinite. */
  nextFork(line: number, length: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (let at = line; (this.forks[at] as number) >= length; at = this.parents[at] as number)
      next = this.forks[at] as number;
    return next;
  }
}
