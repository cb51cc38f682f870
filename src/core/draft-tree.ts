import type { TokenLogprobs } from './logprobs.js';
import { extendPathHash, type PathHash } from './path-hash.js';

/** One drafter's word for one token. */
export interface Proposal {
  readonly drafter: string;
  /** 0..255, as the drafter said. */
  readonly confidence: number;
}

/** One path: the token it ends with, and what is known to come after it. */
export interface DraftNode {
  readonly hash: PathHash;
  /** Tokens on the path, prompt included. */
  readonly length: number;
  readonly token: number;
  readonly parent: DraftNode | undefined;
  readonly children: DraftNode[];
  /** A drafter guessed it before it was committed. */
  drafted: boolean;
  /** Who proposed it, the first first; empty for what only a verdict says. */
  readonly proposals: Proposal[];
  /** Proposed after this path, and refuted by its verdict. */
  readonly refuted: Proposal[];
  /** Probability, as its proposers are trusted, that it is right if what comes before it is. */
  belief: number;
  /** The target's own next token after this path, once known. */
  verdict: number | undefined;
  /** What the target says of its verdict, where that is asked for. */
  logprobs: TokenLogprobs | undefined;
  /** Why the target names no token after this path, once known. */
  invalid: string | undefined;
  /** Live jobs that will decide it. */
  assignments: number;
  committed: boolean;
  /** False once the path is refuted or left behind. */
  alive: boolean;
  /** Drafts after this path that differed from its verdict. */
  refutedDrafts: number;
}

export type ProposalOutcome =
  | {
      readonly kind: 'attached';
      readonly added: number;
      readonly tip: DraftNode;
      /** A verdict contradicts the drafts after `tip`: whoever drafted them is on a dead path. */
      readonly diverged: boolean;
    }
  /** The parent is no living path. */
  | { readonly kind: 'orphaned' };

export type VerdictOutcome =
  | 'recorded'
  /** Known before, and the same. */
  | 'repeated'
  /** No such path here any more, or yet. */
  | 'stale'
  /** Known before, and different: the targets do not agree. */
  | 'conflict';

export interface Commitment {
  readonly node: DraftNode;
  /** There were drafts for this position, and none was right. */
  readonly refuted: boolean;
  /** What the target says of it, where that is asked for. */
  readonly logprobs: TokenLogprobs | undefined;
  /** What was proposed for this position, rightly and wrongly. */
  readonly right: readonly Proposal[];
  readonly wrong: readonly Proposal[];
}

/** Probability that a proposal is right if what comes before it is. */
export type Trust = (drafter: string, confidence: number) => number;

/**
 * Everything guessed after the committed prefix. The only way to commit is a verdict recorded for the very path
 * that is the committed prefix: verdicts are attached by path hash, never by position or job.
 */
export class DraftTree {
  /** The path that it began with: what a fresh session holds. */
  readonly origin: DraftNode;
  private current: DraftNode;
  private readonly nodes = new Map<PathHash, DraftNode>();
  private drafts = 0;
  private confirmed = 0;
  private refuted = 0;
  private wasted = 0;

  /** `trust`: by default a drafter is believed what it says. */
  constructor(
    rootHash: PathHash,
    length: number,
    token: number,
    private readonly trust: Trust = (_, confidence) => confidence / 255,
  ) {
    this.origin = createNode(rootHash, length, token, undefined);
    this.origin.committed = true;
    this.current = this.origin;
    this.nodes.set(rootHash, this.origin);
  }

  /** The committed prefix. */
  get root(): DraftNode {
    return this.current;
  }

  /** All drafts ever proposed: those confirmed, refuted, wasted, and those still open in the tree. */
  get proposedDrafts(): number {
    return this.drafts;
  }

  /** Drafts that were committed. */
  get confirmedDrafts(): number {
    return this.confirmed;
  }

  /** Committed positions for which there were drafts, none of them right. */
  get refutedDrafts(): number {
    return this.refuted;
  }

  /** Of the drafts that a verdict decided, 0..1; undefined before one has. */
  get acceptance(): number | undefined {
    const decided = this.confirmedDrafts + this.refutedDrafts;
    return decided === 0 ? undefined : this.confirmedDrafts / decided;
  }

  /** Drafts that decided no position: repeated, late, off the committed path, or a further branch. */
  get wastedDrafts(): number {
    return this.wasted;
  }

  /** Living nodes, the root included. */
  get size(): number {
    return this.nodes.size;
  }

  find(hash: PathHash): DraftNode | undefined {
    return this.nodes.get(hash);
  }

  /** Adds a chain of drafts after the path `parentHash`; several chains make branches. */
  propose(
    parentHash: PathHash,
    ids: readonly number[],
    confidences: readonly number[],
    drafter = '',
  ): ProposalOutcome {
    let node = this.nodes.get(parentHash);
    this.drafts += ids.length;
    if (node === undefined) {
      this.wasted += ids.length;
      return { kind: 'orphaned' };
    }
    let added = 0;
    for (let i = 0; i < ids.length; i++) {
      const token = ids[i] as number;
      const proposal: Proposal = { drafter, confidence: confidences[i] ?? 255 };
      const child = childWith(node, token);
      if (child !== undefined) {
        if (child.drafted) this.wasted++;
        this.credit(child, proposal);
        node = child;
        continue;
      }
      if (node.verdict !== undefined) {
        node.refutedDrafts++;
        node.refuted.push(proposal);
        this.wasted += ids.length - i - 1;
        return { kind: 'attached', added, tip: node, diverged: true };
      }
      node = this.attach(node, token);
      this.credit(node, proposal);
      added++;
    }
    return { kind: 'attached', added, tip: node, diverged: false };
  }

  /** Counts drafts that came when their positions were committed already. */
  noteLate(count: number): void {
    this.drafts += count;
    this.wasted += count;
  }

  /** Records the target's own next token after the path `pathHash`. */
  decide(pathHash: PathHash, token: number, logprobs?: TokenLogprobs): VerdictOutcome {
    const node = this.nodes.get(pathHash);
    if (node === undefined) return 'stale';
    if (node.verdict !== undefined) return node.verdict === token ? 'repeated' : 'conflict';
    node.verdict = token;
    node.logprobs = logprobs;
    node.invalid = undefined;
    let agreed: DraftNode | undefined;
    for (const child of node.children) {
      if (child.token === token) agreed = child;
      else {
        this.discard(child);
        node.refuted.push(...child.proposals);
        if (!child.drafted) continue;
        // Refuted rather than wasted, as long as this path lives.
        node.refutedDrafts++;
        this.wasted--;
      }
    }
    node.children.length = 0;
    if (agreed === undefined) this.attach(node, token);
    else node.children.push(agreed);
    return 'recorded';
  }

  /** Records that the target names no token after the path `pathHash`: it matters when that path is committed. */
  noteInvalid(pathHash: PathHash, problem: string): void {
    const node = this.nodes.get(pathHash);
    if (node !== undefined && node.verdict === undefined) node.invalid = problem;
  }

  /** Commits the token that the root's verdict names, if there is one. */
  advance(): Commitment | undefined {
    const { verdict } = this.current;
    if (verdict === undefined) return undefined;
    const next = childWith(this.current, verdict);
    if (next === undefined) return undefined;
    const refuted = !next.drafted && this.current.refutedDrafts > 0;
    if (next.drafted) this.confirmed++;
    if (refuted) this.refuted++;
    this.wasted += this.current.refutedDrafts - (refuted ? 1 : 0);
    const { refuted: wrong, logprobs } = this.current;
    this.nodes.delete(this.current.hash);
    this.current.alive = false;
    next.committed = true;
    this.current = next;
    return { node: next, refuted, logprobs, right: next.proposals, wrong };
  }

  /** The path most likely to be committed, below the root: verdicts where known, else what is believed most. */
  bestPath(): DraftNode[] {
    const path: DraftNode[] = [];
    let node = bestChild(this.current);
    while (node !== undefined) {
      path.push(node);
      node = bestChild(node);
    }
    return path;
  }

  /** What most likely comes after `node`. */
  after(node: DraftNode): DraftNode | undefined {
    return bestChild(node);
  }

  /** Whether `node` is the root or on the best path. */
  isOnBestPath(node: DraftNode): boolean {
    let at: DraftNode = node;
    if (!at.alive) return false;
    while (at !== this.current) {
      const parent = at.parent;
      if (parent === undefined || !parent.alive || bestChild(parent) !== at) return false;
      at = parent;
    }
    return true;
  }

  /** Counts every draft still open as wasted: the generation is over. */
  abandon(): void {
    for (const child of this.current.children) this.discard(child);
    this.current.children.length = 0;
    this.wasted += this.current.refutedDrafts;
    this.current.refutedDrafts = 0;
  }

  /** Drafters that agree are believed more than either alone, as if they guessed independently. */
  private credit(node: DraftNode, proposal: Proposal): void {
    node.drafted = true;
    if (node.proposals.some(({ drafter }) => drafter === proposal.drafter)) return;
    node.proposals.push(proposal);
    node.belief = 1 - (1 - node.belief) * (1 - this.trust(proposal.drafter, proposal.confidence));
  }

  private attach(parent: DraftNode, token: number): DraftNode {
    const node = createNode(extendPathHash(parent.hash, token), parent.length + 1, token, parent);
    parent.children.push(node);
    this.nodes.set(node.hash, node);
    return node;
  }

  private discard(branch: DraftNode): void {
    const stack: DraftNode[] = [branch];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      node.alive = false;
      this.nodes.delete(node.hash);
      this.wasted += node.refutedDrafts + (node.drafted ? 1 : 0);
      stack.push(...node.children);
    }
  }
}

function createNode(hash: PathHash, length: number, token: number, parent: DraftNode | undefined): DraftNode {
  return {
    hash,
    length,
    token,
    parent,
    children: [],
    drafted: false,
    proposals: [],
    refuted: [],
    belief: 0,
    verdict: undefined,
    logprobs: undefined,
    invalid: undefined,
    assignments: 0,
    committed: false,
    alive: true,
    refutedDrafts: 0,
  };
}

function childWith(node: DraftNode, token: number): DraftNode | undefined {
  for (const child of node.children) if (child.token === token) return child;
  return undefined;
}

function bestChild(node: DraftNode): DraftNode | undefined {
  let best: DraftNode | undefined;
  for (const child of node.children) {
    if (best === undefined || child.belief > best.belief) best = child;
  }
  return best;
}
