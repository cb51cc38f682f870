import { type Lines, TEXT } from './lines.js';

/** Sums of logarithms that should be 0 are not quite. */
const ROUNDING = 1e-6;

/**
 * The draft tree of one generation. Equal drafters make equal drafts, so it never has branches: it is the path from the
 * root, which is on the text, to the last draft. Paths are told by their length.
 */
export class DraftChain {
  /** Length of the committed prefix. */
  root: number;
  /** The path to the last draft. */
  line = TEXT;
  end: number;
  private readonly mask: number;
  /** Whether what comes after the path is known. */
  private readonly decided: Uint8Array;
  /** Live jobs that will decide it. */
  private readonly assignments: Uint16Array;
  private readonly drafted: Uint8Array;
  /** Drafts after it that were refuted. */
  private readonly refuted: Uint8Array;
  /** Probability, as the drafter is trusted, that its last token is right; logarithm; 0 where nobody drafted it. */
  private readonly beliefs: Float64Array;
  /** Logarithm of the probability that all drafts are right of which that is not known. */
  private likelihood = 0;
  /** Paths neither decided nor assigned, and a length below which there is none. */
  private open = 1;
  private firstOpen: number;

  /**
   * `textEnd`: the length of the whole text, after which nothing comes. `reach`: a power of two above the tokens from the
   * root to any draft.
   */
  constructor(
    private readonly lines: Lines,
    promptTokens: number,
    private readonly textEnd: number,
    reach: number,
  ) {
    this.root = promptTokens;
    this.end = promptTokens;
    this.firstOpen = promptTokens;
    this.mask = reach - 1;
    this.decided = new Uint8Array(reach);
    this.assignments = new Uint16Array(reach);
    this.drafted = new Uint8Array(reach);
    this.refuted = new Uint8Array(reach);
    this.beliefs = new Float64Array(reach);
  }

  get rootIsOpen(): boolean {
    return this.isOpen(this.root);
  }

  /** The shortest open path; only where there is one. */
  shortestOpen(): number {
    while (!this.isOpen(this.firstOpen)) this.firstOpen++;
    return this.firstOpen;
  }

  /** How far the drafts are likely to be right: the length of the longest path that is at least so likely. */
  likelyEnd(least: number): number {
    if (this.likelihood > Math.log(least) + ROUNDING) return this.end;
    let likelihood = 1;
    for (let length = this.root + 1; length <= this.end; length++) {
      if (!this.isDecided(length - 1)) likelihood *= Math.exp(this.beliefs[length & this.mask] as number);
      if (likelihood < least) return length - 1;
    }
    return this.end;
  }

  /** The same, no further than where drafts bring most tokens for their `costs`: those of `Plan.placeCosts`. */
  worthwhileEnd(least: number, costs: readonly number[]): number {
    const likely = this.likelyEnd(least);
    if (costs.length === 0) return likely;
    const end = Math.min(likely, this.root + costs.length - 1);
    let best = this.root;
    let likelihood = 1;
    let tokens = 0;
    let most = 0;
    for (let length = this.root + 1; length <= end; length++) {
      if (!this.isDecided(length - 1)) likelihood *= Math.exp(this.beliefs[length & this.mask] as number);
      tokens += likelihood;
      const worth = tokens - (costs[length - this.root] ?? 0);
      if (worth < most) continue;
      most = worth;
      best = length;
    }
    return best;
  }

  /** Paths neither decided nor assigned, up to a length. */
  openPathsUpTo(end: number): number {
    if (end >= this.end) return this.open;
    let open = 0;
    for (let length = this.root; length <= end; length++) if (this.isOpen(length)) open++;
    return open;
  }

  /** Whether the path is the committed prefix or goes on from it to where the chain goes. */
  has(line: number, length: number): boolean {
    return (
      length >= this.root &&
      length <= this.end &&
      this.lines.lineAt(line, length) === this.lines.lineAt(this.line, length)
    );
  }

  isDecided(length: number): boolean {
    return this.decided[length & this.mask] === 1;
  }

  assign(length: number): void {
    const at = length & this.mask;
    if (this.assignments[at] === 0 && this.decided[at] === 0) this.open--;
    this.assignments[at] = (this.assignments[at] as number) + 1;
  }

  unassign(length: number): void {
    const at = length & this.mask;
    this.assignments[at] = (this.assignments[at] as number) - 1;
    if (this.assignments[at] !== 0 || this.decided[at] !== 0) return;
    this.open++;
    if (length < this.firstOpen) this.firstOpen = length;
  }

  /** The path of a draft after one that is there, as much believed as said; false when a verdict contradicts it. */
  propose(line: number, from: number, length: number, belief: number): boolean {
    const shared = this.lines.shared(line, length, this.line, this.end);
    const log = Math.log(belief);
    for (let at = from + 1; at <= shared; at++) this.credit(at, log);
    if (shared === length) return true;
    if (shared < this.end) {
      this.refuted[shared & this.mask] = (this.refuted[shared & this.mask] as number) + 1;
      return false;
    }
    this.line = this.lines.lineAt(line, length);
    while (this.end < length) {
      this.append();
      this.credit(this.end, log);
    }
    return true;
  }

  /** The target's next token after a path that is there: what comes after it on its own line. */
  decide(length: number): void {
    const at = length & this.mask;
    if (this.decided[at] === 1) return;
    const line = this.lines.lineAt(this.line, length);
    const isRefuted = length < this.end && this.lines.lineAt(this.line, length + 1) !== line;
    if (isRefuted) {
      if (this.drafted[(length + 1) & this.mask] === 1) this.refuted[at] = (this.refuted[at] as number) + 1;
      this.cut(length);
    } else if (length < this.end) this.likelihood -= this.beliefs[(length + 1) & this.mask] as number;
    this.decided[at] = 1;
    if (this.assignments[at] === 0) this.open--;
    if (length < this.end) return;
    this.line = line;
    this.append();
  }

  /** Commits the token after the root, which is decided. */
  advance(): void {
    this.root++;
    if (this.firstOpen < this.root) this.firstOpen = this.root;
  }

  get rootWasDrafted(): boolean {
    return this.drafted[this.root & this.mask] === 1;
  }

  /** Wrong drafts for the last committed position. */
  get refutedAtRoot(): number {
    return this.refuted[(this.root - 1) & this.mask] as number;
  }

  private isOpen(length: number): boolean {
    const at = length & this.mask;
    return this.decided[at] === 0 && this.assignments[at] === 0;
  }

  /** The drafter's word for the last token of a path. */
  private credit(length: number, belief: number): void {
    const at = length & this.mask;
    if (this.drafted[at] === 1) return;
    this.drafted[at] = 1;
    this.beliefs[at] = belief;
    if (!this.isDecided(length - 1)) this.likelihood += belief;
  }

  private append(): void {
    const at = ++this.end & this.mask;
    const isWhole = this.end >= this.textEnd;
    this.decided[at] = isWhole ? 1 : 0;
    this.assignments[at] = 0;
    this.drafted[at] = 0;
    this.beliefs[at] = 0;
    this.refuted[at] = 0;
    if (!isWhole) this.open++;
  }

  private cut(length: number): void {
    for (let at = length + 1; at <= this.end; at++) {
      if (this.isOpen(at)) this.open--;
      if (!this.isDecided(at - 1)) this.likelihood -= this.beliefs[at & this.mask] as number;
    }
    this.end = length;
    if (this.firstOpen > length + 1) this.firstOpen = length + 1;
  }
}
