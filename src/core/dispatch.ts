import type { DraftNode, DraftTree } from './draft-tree.js';
import type { GenerationMode } from './generation.js';

/** Own verdicts that a target may go on from before it needs a new job: a job is renewed when half is used. */
export const PLAIN_EXTEND_TOKENS = 32;

/** What the dispatcher needs to know of the plan in force. */
export interface DispatchPolicy {
  readonly mode: GenerationMode;
  /** dsi: undecided nodes beyond what is assigned that make a further job worth sending. si: drafts per round. */
  readonly lookahead: number;
  /** Most drafts that one job decides; 0: drafts are not worth verifying now. */
  readonly jobTokens: number;
  /** dsi: `Plan.placeCosts`. */
  readonly placeCosts: readonly number[];
  /** dsi: drafts that a job for an open root waits for, as long as they are coming. */
  readonly wait: number;
  /**
   * dsi: whether jobs beyond the root wait in their target, in the drafters' hearing, for what they lack of
   * `lookahead`.
   */
  readonly awaitAhead: boolean;
  /** Own verdicts that a target may go on from when there is nothing to verify, before it needs the next job. */
  readonly extend: number;
  /** Output tokens still to commit, at least 1: nothing is verified beyond. */
  readonly remaining: number;
}

/** A verification job before it is addressed: the path up to `leaf`, and the first path whose verdict is wanted. */
export interface Assignment {
  /** Nodes after the root, in order; the job's path ends with the last (with the root when empty). */
  readonly path: readonly DraftNode[];
  /** Nodes whose verdicts are wanted, in order; contiguous on the path; at least one. */
  readonly wanted: readonly DraftNode[];
  readonly extend: number;
  readonly extendOnRefutationOnly: boolean;
  /** Drafts that the target waits for, hearing the drafters itself, before it verifies. */
  readonly awaitDrafts: number;
}

/**
 * Whether the drafters may still add to the best path before the next verdict: no, yes, or yes and in the hearing of the
 * targets.
 */
export type DraftSupply = 'dry' | 'coming' | 'audible';

/**
 * The next job that is worth an idle target, or undefined. Pure: the same tree and policy always give the same
 * job. Marking its nodes as assigned is the caller's part.
 */
export function nextAssignment(
  tree: DraftTree,
  policy: DispatchPolicy,
  supply: DraftSupply,
): Assignment | undefined {
  switch (policy.mode) {
    case 'none':
      return plainAssignment(tree, policy);
    case 'si':
      return roundAssignment(tree, policy, supply);
    case 'dsi':
      return speculativeAssignment(tree, policy, supply);
  }
}

/** Whether a job may be sent before the drafts are there that it is to decide. */
export function jobsAwaitDrafts({ mode, wait, awaitAhead }: DispatchPolicy): boolean {
  return mode === 'si' || (mode === 'dsi' && (wait > 0 || awaitAhead));
}

/** Whether the root waits for a verdict that nobody is computing. */
export function rootIsOpen(tree: DraftTree): boolean {
  return tree.root.verdict === undefined && tree.root.assignments === 0;
}

/** What can be verified after the root, and how it may grow: neither goes beyond where the target names no token. */
function prospects(
  tree: DraftTree,
  supply: DraftSupply,
): { readonly best: readonly DraftNode[]; readonly supply: DraftSupply } {
  const best = tree.bestPath();
  const end = best.findIndex(({ invalid }) => invalid !== undefined);
  return end < 0 ? { best, supply } : { best: best.slice(0, end), supply: 'dry' };
}

function plainAssignment(tree: DraftTree, policy: DispatchPolicy): Assignment | undefined {
  if (!rootIsOpen(tree)) return undefined;
  return {
    path: [],
    wanted: [tree.root],
    extend: Math.min(policy.extend, policy.remaining - 1),
    extendOnRefutationOnly: false,
    awaitDrafts: 0,
  };
}

/** One round at a time: k drafts (or as many as there will be), one verification, no drafting beyond. */
function roundAssignment(
  tree: DraftTree,
  policy: DispatchPolicy,
  expected: DraftSupply,
): Assignment | undefined {
  if (!rootIsOpen(tree)) return undefined;
  const { best, supply } = prospects(tree, expected);
  const size = Math.min(policy.lookahead, policy.jobTokens, policy.remaining - 1);
  const path = best.slice(0, size);
  const missing = supply === 'dry' ? 0 : size - path.length;
  if (missing > 0 && supply === 'coming') return undefined;
  return {
    path,
    wanted: [tree.root, ...path],
    extend: 0,
    extendOnRefutationOnly: false,
    awaitDrafts: missing,
  };
}

/** A path less likely than this to be right is not worth even an idle target: it may be wanted any moment. */
export const LEAST_LIKELIHOOD = 0.01;

/**
 * A path as far as its drafts, as they are believed, are likely to be right and, with `costs`, no further than where
 * they bring most tokens for what their places cost.
 */
function worthwhile(path: readonly DraftNode[], costs: readonly number[]): DraftNode[] {
  let likelihood = 1;
  let tokens = 0;
  let end = 0;
  let most = 0;
  for (const [index, node] of path.entries()) {
    if (node.parent?.verdict === undefined) likelihood *= node.belief;
    const cost = costs.length === 0 ? 0 : costs[index + 1];
    if (likelihood < LEAST_LIKELIHOOD || cost === undefined) break;
    tokens += likelihood;
    const worth = tokens - cost;
    if (worth < most) continue;
    most = worth;
    end = index + 1;
  }
  return path.slice(0, end);
}

function speculativeAssignment(
  tree: DraftTree,
  policy: DispatchPolicy,
  expected: DraftSupply,
): Assignment | undefined {
  const rootOpen = rootIsOpen(tree);
  const { best, supply } = prospects(tree, expected);
  const drafts = worthwhile(best, policy.placeCosts).slice(0, policy.remaining - 1);
  let first = rootOpen ? 0 : -1;
  let open = rootOpen ? 1 : 0;
  drafts.forEach((node, index) => {
    if (node.verdict !== undefined || node.assignments > 0) return;
    if (first < 0) first = index + 1;
    open++;
  });
  if (first < 0) return undefined;
  if (!rootOpen && policy.jobTokens === 0) return undefined;
  const wished = rootOpen ? policy.wait - drafts.length : policy.lookahead - open;
  // What comes after drafts that are not worth taking is not waited for.
  const isCut = drafts.length > 0 && drafts.length < Math.min(best.length, policy.remaining - 1);
  const lacking = supply === 'dry' || (rootOpen && isCut) ? 0 : Math.max(0, wished);
  const room = Math.min(first + policy.jobTokens, policy.remaining - 1) - drafts.length;
  const missing = Math.max(0, Math.min(lacking, room));
  if (missing > 0 && supply === 'coming') return undefined;
  // A job beyond the root that lacks drafts is sent only where its target can wait for them.
  const isInReach = policy.awaitAhead && missing > 0 && drafts.length === best.length;
  if (!rootOpen && lacking > 0 && !isInReach) return undefined;
  const path = drafts.slice(0, first + policy.jobTokens);
  const nodes = [tree.root, ...path];
  const plain = rootOpen && path.length === 0 && (supply === 'dry' || policy.jobTokens === 0);
  // A target that refuted a draft starts on the new root at once, unless it had better wait for new drafts.
  const alone = plain ? policy.extend : policy.wait > 0 || !rootOpen ? 0 : 1;
  return {
    path,
    wanted: nodes.slice(first),
    extend: Math.max(0, Math.min(alone, policy.remaining - 1 - path.length)),
    extendOnRefutationOnly: !plain,
    awaitDrafts: missing,
  };
}
