import type { DraftNode } from '../../src/core/draft-tree.js';
import type { PathHash } from '../../src/core/path-hash.js';
import type { GenerationState } from './generation-state.js';

export interface MissingTokens {
  /** Where the common prefix ends. */
  readonly from: number;
  readonly pathHash: PathHash;
  readonly tokens: number[];
}

/** What a worker that holds the path `held` lacks of the path that leads from the root along `path`. */
export function missingAfter(
  held: DraftNode,
  path: readonly DraftNode[],
  state: GenerationState,
): MissingTokens {
  const { tree, committed } = state;
  const onPath = new Set(path);
  let anchor = held;
  while (!anchor.committed && !onPath.has(anchor) && anchor.parent !== undefined) anchor = anchor.parent;
  const tokens = committed.tokens.slice(anchor.length);
  const skipped = Math.max(0, anchor.length - tree.root.length);
  for (const node of path.slice(skipped)) tokens.push(node.token);
  return { from: anchor.length, pathHash: anchor.hash, tokens };
}
