import { describe, expect, it } from 'vitest';
import {
  type DispatchPolicy,
  type DraftSupply,
  nextAssignment,
  rootIsOpen,
} from '../../src/core/dispatch.js';
import { DraftTree } from '../../src/core/draft-tree.js';
import { pathHashes, rootPathHash } from '../../src/core/path-hash.js';

const ROOT = rootPathHash('g');
const POLICY: DispatchPolicy = {
  mode: 'dsi',
  lookahead: 2,
  jobTokens: 16,
  placeCosts: [],
  wait: 0,
  awaitAhead: false,
  extend: 32,
  remaining: 100,
};

/** A root at length 10 with a chain of drafts. */
function tree(...drafts: number[]): DraftTree {
  const made = new DraftTree(ROOT, 10, 0);
  made.propose(ROOT, drafts, []);
  return made;
}

/** Marks the first nodes of the best path, from the root on, as assigned to a job. */
function assign(made: DraftTree, count: number): void {
  for (const node of [made.root, ...made.bestPath()].slice(0, count)) node.assignments++;
}

function lengths(made: DraftTree, policy: Partial<DispatchPolicy> = {}, supply: DraftSupply = 'coming') {
  const job = nextAssignment(made, { ...POLICY, ...policy }, supply);
  if (job === undefined) return undefined;
  return {
    path: job.path.map(({ length }) => length),
    wanted: job.wanted.map(({ length }) => length),
    extend: job.extend,
    onRefutation: job.extendOnRefutationOnly,
    awaits: job.awaitDrafts,
  };
}

describe('plain decoding', () => {
  it('is one long extension, whatever was drafted', () => {
    expect(lengths(tree(1, 2), { mode: 'none' })).toEqual({
      path: [],
      wanted: [10],
      extend: 32,
      onRefutation: false,
      awaits: 0,
    });
    expect(lengths(tree(), { mode: 'none', remaining: 5 })?.extend).toBe(4);
  });

  it('has no second job beside the first', () => {
    const made = tree();
    assign(made, 1);
    expect(rootIsOpen(made)).toBe(false);
    expect(lengths(made, { mode: 'none' })).toBeUndefined();
  });
});

describe('speculative inference', () => {
  it('waits for its round of drafts as long as they are coming, and takes what there is when they are not', () => {
    expect(lengths(tree(1), { mode: 'si' })).toBeUndefined();
    expect(lengths(tree(1, 2, 3), { mode: 'si' })).toMatchObject({
      path: [11, 12],
      wanted: [10, 11, 12],
      extend: 0,
    });
    expect(lengths(tree(1), { mode: 'si' }, 'dry')).toMatchObject({ path: [11], wanted: [10, 11] });
    expect(lengths(tree(), { mode: 'si' }, 'dry')).toMatchObject({ path: [], wanted: [10] });
  });

  it('does one round at a time', () => {
    const made = tree(1, 2, 3, 4);
    assign(made, 3);
    expect(lengths(made, { mode: 'si' })).toBeUndefined();
  });

  it('drafts nothing for the last token', () => {
    expect(lengths(tree(1, 2, 3), { mode: 'si', remaining: 2 })).toMatchObject({
      path: [11],
      wanted: [10, 11],
    });
    expect(lengths(tree(1, 2, 3), { mode: 'si', remaining: 1 })).toMatchObject({ path: [], wanted: [10] });
  });
});

describe('distributed speculative inference', () => {
  it('verifies an open root at once, with all drafts that are there', () => {
    expect(lengths(tree())).toMatchObject({ path: [], wanted: [10] });
    expect(lengths(tree(1, 2, 3))).toMatchObject({ path: [11, 12, 13], wanted: [10, 11, 12, 13] });
  });

  it('sends a further job when k nodes are open beyond what is assigned', () => {
    const made = tree(1, 2, 3);
    assign(made, 3);
    expect(lengths(made)).toBeUndefined();
    expect(lengths(made, { lookahead: 1 })).toMatchObject({ path: [11, 12, 13], wanted: [13] });
    made.propose(made.bestPath().at(-1)?.hash ?? '', [4], []);
    expect(lengths(made)).toMatchObject({ path: [11, 12, 13, 14], wanted: [13, 14] });
  });

  it('sends fewer when no more are coming, and nothing when all is assigned', () => {
    const made = tree(1, 2, 3);
    assign(made, 3);
    expect(lengths(made, {}, 'dry')).toMatchObject({ wanted: [13] });
    assign(made, 4);
    expect(lengths(made, {}, 'dry')).toBeUndefined();
  });

  it('starts behind the first gap, and wants what lies beyond once more', () => {
    const made = tree(1, 2, 3, 4);
    assign(made, 1);
    const [first, second] = made.bestPath();
    if (first !== undefined) first.assignments++;
    made.decide(second?.hash ?? '', 3);
    expect(lengths(made)).toMatchObject({ path: [11, 12, 13, 14], wanted: [13, 14] });
  });

  it('waits with an open root for the drafts that the plan wants, but only while they come', () => {
    expect(lengths(tree(1), { wait: 2 })).toBeUndefined();
    expect(lengths(tree(1, 2), { wait: 2 })).toMatchObject({ wanted: [10, 11, 12] });
    expect(lengths(tree(1), { wait: 2 }, 'dry')).toMatchObject({ wanted: [10, 11] });
  });

  it('lets a target wait in the hearing of the drafters for what a further job lacks of k', () => {
    const made = tree(1, 2, 3);
    assign(made, 3);
    const policy = { lookahead: 4, awaitAhead: true };
    expect(lengths(made, policy, 'audible')).toMatchObject({ wanted: [13], awaits: 3 });
    expect(lengths(made, { ...policy, awaitAhead: false }, 'audible')).toBeUndefined();
    expect(lengths(made, policy, 'coming')).toBeUndefined();
    expect(lengths(made, policy, 'dry')).toMatchObject({ wanted: [13], awaits: 0 });
  });

  it('lets it wait for no more than a job may hold, or than is left of the text', () => {
    const made = tree(1, 2, 3);
    assign(made, 3);
    const policy = { lookahead: 4, awaitAhead: true };
    expect(lengths(made, { ...policy, jobTokens: 2 }, 'audible')).toMatchObject({ awaits: 2 });
    expect(lengths(made, { ...policy, remaining: 5 }, 'audible')).toMatchObject({ awaits: 1 });
    expect(lengths(made, { ...policy, remaining: 4 }, 'audible')).toBeUndefined();
  });

  it('goes on alone when there are no drafts, and from a refutation otherwise', () => {
    expect(lengths(tree(), {}, 'dry')).toMatchObject({ extend: 32, onRefutation: false });
    expect(lengths(tree(), {}, 'coming')).toMatchObject({ extend: 1, onRefutation: true });
    expect(lengths(tree(1), {}, 'dry')).toMatchObject({ extend: 1, onRefutation: true });
    expect(lengths(tree(1, 2), { wait: 1 })).toMatchObject({ extend: 0 });
    expect(lengths(tree(1, 2), { jobTokens: 0 })).toMatchObject({
      path: [],
      extend: 32,
      onRefutation: false,
    });
  });

  it('takes as many drafts as bring most tokens for what their places cost', () => {
    const made = new DraftTree(ROOT, 10, 0);
    // Right with .8, .64, .51, .41.
    made.propose(ROOT, [1, 2, 3, 4], [204, 204, 204, 204]);
    const taken = (...costs: number[]) => lengths(made, { placeCosts: [0, ...costs] })?.path.length;
    expect([taken(0, 0, 0, 0), taken(0.6, 1.2, 1.8, 2.4), taken(0.9, 1.8, 2.7, 3.6)]).toEqual([4, 2, 0]);
    // Two that bring .91 in places that cost .9 together, and then .4 once more.
    expect([taken(0, 0, 0.9, 0.9), taken(0, 0, 0.9, 1.4)]).toEqual([4, 2]);
    expect(lengths(made)?.path.length).toBe(4);
    // Beyond the last place that has a cost nothing is free.
    expect([taken(0.6, 1.2), taken(0, 0)]).toEqual([2, 2]);
  });

  it('waits for none that would come after drafts that are not worth taking', () => {
    const made = new DraftTree(ROOT, 10, 0);
    made.propose(ROOT, [1, 2], [230, 20]);
    const placeCosts = [0, 0.2, 0.4, 0.6];
    for (const supply of ['audible', 'coming'] as const)
      expect(lengths(made, { wait: 3, placeCosts }, supply)).toMatchObject({ path: [11], awaits: 0 });
    expect(lengths(made, { wait: 3 }, 'audible')).toMatchObject({ path: [11, 12], awaits: 1 });
    expect(lengths(made, { wait: 3 })).toBeUndefined();
  });

  it('takes no path after which the target names no token, and waits for nothing that would come after it', () => {
    const blocked = (length: number) => {
      const made = tree(1, 2, 3);
      made.noteInvalid(made.bestPath().find((node) => node.length === length)?.hash ?? '', 'a logit is NaN');
      return made;
    };
    const policy = { wait: 5, awaitAhead: true };
    expect(lengths(blocked(12), policy)).toMatchObject({ path: [11], wanted: [10, 11], awaits: 0 });
    expect(lengths(blocked(12), policy, 'audible')).toMatchObject({ path: [11], awaits: 0 });
    expect(lengths(blocked(12), { mode: 'si', lookahead: 3 })).toMatchObject({ path: [11], awaits: 0 });
    expect(lengths(blocked(11), policy)).toMatchObject({ path: [], wanted: [10], extend: 32 });
    expect(lengths(blocked(11), { mode: 'si' })).toMatchObject({ path: [], wanted: [10] });
    const verifying = blocked(12);
    assign(verifying, 2);
    expect(lengths(verifying, policy)).toBeUndefined();
  });

  it('never verifies beyond the last token', () => {
    expect(lengths(tree(1, 2, 3, 4), { remaining: 3 })).toMatchObject({
      path: [11, 12],
      wanted: [10, 11, 12],
      extend: 0,
    });
    expect(lengths(tree(), { remaining: 1 }, 'dry')).toMatchObject({ path: [], extend: 0 });
  });

  it('follows the surest branch', () => {
    const made = tree();
    made.propose(ROOT, [1, 2], [9, 9]);
    made.propose(ROOT, [3, 4], [90, 90]);
    const job = nextAssignment(made, POLICY, 'coming');
    expect(job?.path.map(({ hash }) => hash)).toEqual(pathHashes(ROOT, [3, 4]));
  });
});
