import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DraftNode, DraftTree } from '../../src/core/draft-tree.js';
import { extendPathHash, rootPathHash } from '../../src/core/path-hash.js';

const VOCABULARY = 3;
const ROOT = rootPathHash('generation');

function hashOf(tokens: readonly number[]): string {
  return tokens.reduce(extendPathHash, ROOT);
}

/** The target of these tests: its token is a function of the whole path. */
function verdictAfter(tokens: readonly number[]): number {
  return Number.parseInt(hashOf(tokens).slice(0, 6), 16) % VOCABULARY;
}

/** How a controller takes a verdict in. The real one ignores everything but the path's hash. */
type Decide = (tree: DraftTree, position: number, pathHash: string, token: number) => void;

const byPathHash: Decide = (tree, _position, pathHash, token) => {
  tree.decide(pathHash, token);
};

/** Broken on purpose: takes whatever path of that length is likeliest for the one that was verified. */
const byPosition: Decide = (tree, position, _pathHash, token) => {
  const node = [tree.root, ...tree.bestPath()].find(({ length }) => length === position);
  if (node !== undefined) tree.decide(node.hash, token);
};

/** Broken on purpose: a verdict that names the token which was drafted there confirms it. */
const byMatchingToken: Decide = (tree, position, pathHash, token) => {
  const drafted = [...tree.bestPath()].find(({ length }) => length === position + 1);
  if (drafted?.token === token && drafted.parent !== undefined) tree.decide(drafted.parent.hash, token);
  else tree.decide(pathHash, token);
};

type Step =
  | {
      readonly kind: 'propose';
      readonly after: readonly number[];
      readonly ids: readonly number[];
      readonly sure: number;
    }
  | { readonly kind: 'decide'; readonly path: readonly number[]; readonly again: boolean };

/** Paths relative to the start; wherever they coincide with the target's own text, drafts get confirmed. */
const relativePath = fc.oneof(
  fc.array(fc.nat(VOCABULARY - 1), { maxLength: 5 }),
  fc.nat(8).map((length) => ownText(length)),
  fc.tuple(fc.nat(7), fc.nat(VOCABULARY - 1)).map(([length, last]) => [...ownText(length), last]),
);

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('propose' as const),
      after: relativePath,
      ids: fc.oneof(
        fc.array(fc.nat(VOCABULARY - 1), { maxLength: 5 }),
        fc.nat(8).map((length) => ownText(length)),
      ),
      sure: fc.nat(255),
    }),
    fc.record({ kind: fc.constant('decide' as const), path: relativePath, again: fc.boolean() }),
  ),
  { maxLength: 30, size: 'max' },
);

function ownText(length: number): number[] {
  const text: number[] = [];
  while (text.length < length) text.push(verdictAfter(text));
  return text;
}

function openDrafts(tree: DraftTree): number {
  let open = 0;
  const stack: DraftNode[] = [tree.root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.drafted && node !== tree.root) open++;
    open += node.refutedDrafts;
    stack.push(...node.children);
  }
  return open;
}

function unaccounted(tree: DraftTree): number {
  const settled = tree.confirmedDrafts + tree.refutedDrafts + tree.wastedDrafts;
  return tree.proposedDrafts - settled - openDrafts(tree);
}

/** Whatever arrives, in whatever order: what is committed is the target's own text. */
function onlyOwnText(decide: Decide) {
  return fc.property(steps, (sequence: readonly Step[]) => {
    const tree = new DraftTree(ROOT, 0, -1);
    const committed: number[] = [];
    for (const step of sequence) {
      if (step.kind === 'propose') {
        tree.propose(
          hashOf(step.after),
          step.ids,
          step.ids.map(() => step.sure),
        );
      } else {
        const { path } = step;
        for (let times = step.again ? 2 : 1; times > 0; times--) {
          decide(tree, path.length, hashOf(path), verdictAfter(path));
        }
      }
      for (let next = tree.advance(); next !== undefined; next = tree.advance()) {
        committed.push(next.node.token);
      }
    }
    expect(committed).toEqual(ownText(committed.length));
  });
}

describe('DraftTree', () => {
  it('commits the text of the target and nothing else', () => {
    fc.assert(onlyOwnText(byPathHash), { numRuns: 2000 });
  });

  it.each([
    ['position', byPosition],
    ['matching token', byMatchingToken],
  ])('would commit foreign tokens if verdicts were attached by %s', (_name, decide) => {
    const { failed } = fc.check(onlyOwnText(decide), { numRuns: 2000, seed: 1 });
    expect(failed).toBe(true);
  });

  it('commits every token that verdicts reach, however they are ordered', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
    fc.assert(
      fc.property(orders, (order) => {
        const tree = new DraftTree(ROOT, 0, -1);
        tree.propose(ROOT, ownText(8), []);
        for (const length of order) tree.decide(hashOf(ownText(length)), verdictAfter(ownText(length)));
        let committed = 0;
        while (tree.advance() !== undefined) committed++;
        expect(committed).toBe(8);
        expect(tree.confirmedDrafts).toBe(8);
      }),
    );
  });

  it('accounts for every draft once: confirmed, refuted, wasted or still open', () => {
    let confirmed = 0;
    let refuted = 0;
    let wasted = 0;
    fc.assert(
      fc.property(steps, fc.boolean(), (sequence: readonly Step[], lazy) => {
        const tree = new DraftTree(ROOT, 0, -1);
        let proposed = 0;
        let advances = 0;
        for (const step of sequence) {
          if (step.kind === 'propose') {
            proposed += step.ids.length;
            tree.propose(
              hashOf(step.after),
              step.ids,
              step.ids.map(() => step.sure),
            );
          } else {
            tree.decide(hashOf(step.path), verdictAfter(step.path));
          }
          if (!lazy) while (tree.advance() !== undefined) advances++;
          expect(unaccounted(tree)).toBe(0);
        }
        while (tree.advance() !== undefined) advances++;
        tree.abandon();
        expect(openDrafts(tree)).toBe(0);
        expect(unaccounted(tree)).toBe(0);
        expect(tree.proposedDrafts).toBe(proposed);
        expect(tree.confirmedDrafts + tree.refutedDrafts).toBeLessThanOrEqual(advances);
        confirmed += tree.confirmedDrafts;
        refuted += tree.refutedDrafts;
        wasted += tree.wastedDrafts;
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(confirmed, refuted, wasted)).toBeGreaterThan(0);
  });

  it('says of a verdict whether it is new, repeated, stale or in conflict', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    expect(tree.decide(hashOf([1]), 0)).toBe('stale');
    expect(tree.decide(ROOT, 2)).toBe('recorded');
    expect(tree.decide(ROOT, 2)).toBe('repeated');
    expect(tree.decide(ROOT, 1)).toBe('conflict');
    tree.advance();
    expect(tree.decide(ROOT, 2)).toBe('stale');
    expect(tree.root.token).toBe(2);
  });

  it('tells drafts that a verdict contradicts from drafts on an unknown path', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    tree.propose(ROOT, [1], []);
    tree.decide(hashOf([1]), 2);
    expect(tree.propose(hashOf([1]), [0, 0], [])).toMatchObject({
      kind: 'attached',
      added: 0,
      diverged: true,
    });
    expect(tree.propose(hashOf([1]), [2, 0], [])).toMatchObject({
      kind: 'attached',
      added: 1,
      diverged: false,
    });
    expect(tree.propose(hashOf([2]), [0], [])).toEqual({ kind: 'orphaned' });
  });

  it('counts a position as refuted once, however many drafts were wrong there', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    tree.propose(ROOT, [0, 0], []);
    tree.propose(ROOT, [1], []);
    tree.decide(ROOT, 2);
    expect(tree.advance()).toMatchObject({ refuted: true });
    expect([tree.confirmedDrafts, tree.refutedDrafts, tree.wastedDrafts]).toEqual([0, 1, 2]);
  });

  it('counts a position as confirmed when one of several branches was right', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    tree.propose(ROOT, [0], []);
    tree.propose(ROOT, [2], []);
    tree.decide(ROOT, 2);
    expect(tree.advance()).toMatchObject({ refuted: false });
    expect([tree.confirmedDrafts, tree.refutedDrafts, tree.wastedDrafts]).toEqual([1, 0, 1]);
  });

  it('takes a draft that comes after its verdict, but before it is committed, for a draft', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    tree.decide(ROOT, 2);
    tree.propose(ROOT, [2, 1], []);
    expect(tree.advance()).toMatchObject({ refuted: false });
    expect(tree.confirmedDrafts).toBe(1);
    expect(tree.bestPath().map(({ token }) => token)).toEqual([1]);
  });

  it('keeps why no token comes after a path, until a verdict names one', () => {
    const tree = new DraftTree(ROOT, 0, 0);
    tree.propose(ROOT, [1], []);
    tree.noteInvalid(hashOf([2]), 'of no path here');
    tree.noteInvalid(hashOf([1]), 'a logit is NaN');
    expect(tree.find(hashOf([1]))?.invalid).toBe('a logit is NaN');
    tree.decide(hashOf([1]), 2);
    tree.noteInvalid(hashOf([1]), 'a logit is NaN');
    expect(tree.find(hashOf([1]))?.invalid).toBeUndefined();
  });

  it('remembers the path that it began with, however much was committed', () => {
    const tree = new DraftTree(ROOT, 0, 0);
    for (const at of [0, 1, 2]) {
      tree.decide(tree.root.hash, at);
      tree.advance();
    }
    expect([tree.root.length, tree.origin.length, tree.origin.hash]).toEqual([3, 0, ROOT]);
  });

  it('follows verdicts where they are known and else the surest draft', () => {
    const tree = new DraftTree(ROOT, 0, -1);
    tree.propose(ROOT, [0, 1], [10, 10]);
    tree.propose(ROOT, [1, 0], [200, 200]);
    const sure = tree.find(hashOf([1, 0])) as DraftNode;
    const unsure = tree.find(hashOf([0, 1])) as DraftNode;
    expect(tree.bestPath().map(({ token }) => token)).toEqual([1, 0]);
    expect([tree.isOnBestPath(sure), tree.isOnBestPath(unsure), tree.isOnBestPath(tree.root)]).toEqual([
      true,
      false,
      true,
    ]);
    tree.decide(ROOT, 0);
    expect(tree.bestPath().map(({ token }) => token)).toEqual([0, 1]);
    expect([tree.isOnBestPath(sure), tree.isOnBestPath(unsure)]).toEqual([false, true]);
    expect(tree.size).toBe(3);
  });
});
