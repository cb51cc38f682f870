import type { DraftNode } from '../../src/core/draft-tree.js';
import { forwardMs } from '../../src/core/planner/forward-times.js';
import { sum } from '../../src/core/statistics.js';
import { isBehind, type TargetView } from '../../src/core/target-choice.js';
import { heldOf } from './missing-tokens.js';
import type { TargetLink } from './target-links.js';

/** What a job on the path from a root along `path` means to each of several targets. */
export class TargetViews {
  private readonly views = new Map<TargetLink, TargetView>();
  /** In which one of them would have it done, after those that it has. */
  private soonestMs = Number.POSITIVE_INFINITY;

  constructor(links: readonly TargetLink[], root: DraftNode, path: readonly DraftNode[]) {
    for (const link of links) {
      const jobMsOf = (lacked: number) => forwardMs(link.announced.forwardTimes, Math.max(1, lacked));
      const heldTokens = heldOf(link.held, root, path);
      const jobMs = jobMsOf(root.length + path.length - heldTokens);
      this.views.set(link, { heldTokens, jobMs, passMs: jobMsOf(1) });
      const busyMs = sum(link.jobs.map(({ lacked }) => jobMsOf(lacked)));
      this.soonestMs = Math.min(this.soonestMs, busyMs + jobMs);
    }
  }

  /** Of one of those targets. */
  of(link: TargetLink): TargetView {
    return this.views.get(link) as TargetView;
  }

  isBehind(link: TargetLink): boolean {
    return isBehind(this.of(link), this.soonestMs);
  }
}

/** The committed path of `length` tokens. */
export function committedPath(root: DraftNode, length: number): DraftNode {
  let node = root;
  while (node.length > length && node.parent !== undefined) node = node.parent;
  return node;
}
