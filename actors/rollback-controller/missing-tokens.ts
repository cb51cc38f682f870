import type { DraftNode } from '../../src/core/draft-tree.js';
import type { PathHash } from '../../src/core/path-hash.js';
import type { GenerationState } from './generation-state.js';

export interface MissingTokens {
  /** Where the common prefix ends. */
  readonly from: number;
  readonly pathHash: PathHash;
  readonly tokens: number[];
}

/** How many tokens a worker that holds the path `held` holds of the path that leads from `root` along `path`. */
export function heldOf(held: DraftNode, root: DraftNode, path: readonly DraftNode[]): number {
  return anchorOf(held, root, path).length;
}

/** What a worker that holds the path `held` lacks of the path that leads from the root along `path`. */
export function missingAfter(
  held: DraftNode,
  path: readonly DraftNode[],
  state: GenerationState,
): MissingTokens {
  const { tree, committed } = state;
  const anchor = anchorOf(held, tree.root, path);
  const tokens = committed.tokens.slice(anchor.length);
  const skipped = Math.max(0, anchor.length - tree.root.length);
  for (const node of path.slice(skipped)) tokens.push(node.token);
  return { from: anchor.length, pathHash: anchor.hash, tokens };
}

/** The longest path that both begin with. */
function anchorOf(held: DraftNode, root: DraftNode, path: readonly DraftNode[]): DraftNode {
  const isOnPath = (node: DraftNode) => path[node.length - root.length - 1] === node;
  let anchor = held;
  while (!anchor.committed && !isOnPath(anchor) && anchor.parent !== undefined) anchor = anchor.parent;
  return anchor;
}
