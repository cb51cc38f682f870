import { type DispatchPolicy, type DraftSupply, LEAST_LIKELIHOOD } from '../dispatch.js';
import type { DraftChain } from './chain.js';

/** `Assignment` of `../dispatch.ts`: verdicts after the paths of `first`..`length` tokens. */
export interface SimulatedAssignment {
  first: number;
  length: number;
  extend: number;
  extendOnRefutationOnly: boolean;
  awaitDrafts: number;
}

/** The next job that is worth an idle target: `nextAssignment` of `../dispatch.ts` on a chain. False: none. */
export function nextJob(
  chain: DraftChain,
  policy: DispatchPolicy,
  supply: DraftSupply,
  job: SimulatedAssignment,
): boolean {
  switch (policy.mode) {
    case 'none':
      return plainJob(chain, policy, job);
    case 'si':
      return roundJob(chain, policy, supply, job);
    case 'dsi':
      return speculativeJob(chain, policy, supply, job);
  }
}

function plainJob(chain: DraftChain, policy: DispatchPolicy, job: SimulatedAssignment): boolean {
  if (!chain.rootIsOpen) return false;
  job.first = chain.root;
  job.length = chain.root;
  job.extend = Math.min(policy.extend, policy.remaining - 1);
  job.extendOnRefutationOnly = false;
  job.awaitDrafts = 0;
  return true;
}

function roundJob(
  chain: DraftChain,
  policy: DispatchPolicy,
  supply: DraftSupply,
  job: SimulatedAssignment,
): boolean {
  if (!chain.rootIsOpen) return false;
  const size = Math.min(policy.lookahead, policy.jobTokens, policy.remaining - 1);
  const drafts = Math.min(chain.end - chain.root, size);
  const missing = supply === 'dry' ? 0 : size - drafts;
  if (missing > 0 && supply === 'coming') return false;
  job.first = chain.root;
  job.length = chain.root + drafts;
  job.extend = 0;
  job.extendOnRefutationOnly = false;
  job.awaitDrafts = missing;
  return true;
}

function speculativeJob(
  chain: DraftChain,
  policy: DispatchPolicy,
  supply: DraftSupply,
  job: SimulatedAssignment,
): boolean {
  const { root } = chain;
  const end = chain.worthwhileEnd(LEAST_LIKELIHOOD, policy.placeCosts);
  const openPaths = chain.openPathsUpTo(end);
  if (openPaths === 0) return false;
  const { jobTokens, wait, remaining } = policy;
  const { rootIsOpen } = chain;
  const first = rootIsOpen ? root : chain.shortestOpen();
  if (!rootIsOpen && jobTokens === 0) return false;
  const wished = rootIsOpen ? wait - (end - root) : policy.lookahead - openPaths;
  const isCut = end > root && end < Math.min(chain.end, root + remaining - 1);
  const lacking = supply === 'dry' || (rootIsOpen && isCut) ? 0 : Math.max(0, wished);
  const room = Math.min(first + jobTokens, root + remaining - 1) - end;
  const missing = Math.max(0, Math.min(lacking, room));
  if (missing > 0 && supply === 'coming') return false;
  const isInReach = policy.awaitAhead && missing > 0 && end === chain.end;
  if (!rootIsOpen && lacking > 0 && !isInReach) return false;
  const length = Math.min(end, first + jobTokens);
  const plain = rootIsOpen && length === root && (supply === 'dry' || jobTokens === 0);
  // A target that refuted a draft starts on the new root at once, unless it had better wait for new drafts.
  const alone = plain ? policy.extend : wait > 0 || !rootIsOpen ? 0 : 1;
  job.first = first;
  job.length = length;
  job.extend = Math.max(0, Math.min(alone, remaining - 1 - (length - root)));
  job.extendOnRefutationOnly = !plain;
  job.awaitDrafts = missing;
  return true;
}
