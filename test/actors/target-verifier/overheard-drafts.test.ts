import { expect, it } from 'vitest';
import { OverheardDrafts } from '../../../actors/target-verifier/overheard-drafts.js';
import type { DraftProposed } from '../../../src/core/messages.js';
import { extendPathHash, type PathHash, rootPathHash } from '../../../src/core/path-hash.js';

/** Drafts that were heard wait for the job that goes on from their path; the oldest of too many are forgotten. */

const path = (token: number): PathHash => extendPathHash(rootPathHash('g'), token);
const after = (parentHash: PathHash, id = 1): DraftProposed => ({
  type: 'draft.proposed',
  generation: 'g',
  worker: 'd',
  epoch: 1,
  parentHash,
  position: 2,
  ids: [id],
  confidences: [200],
  exhausted: false,
  startedAtMs: 0,
  forwardMs: 1,
});
const empty = () => new OverheardDrafts(() => {});

it('are given once, to who asks for their path', () => {
  const drafts = empty();
  drafts.add(after(path(1)));
  expect(drafts.take(path(2))).toBeUndefined();
  expect(drafts.take(path(1))).toEqual(after(path(1)));
  expect(drafts.take(path(1))).toBeUndefined();
});

it('of one path are those that came last', () => {
  const drafts = empty();
  drafts.add(after(path(1), 7));
  drafts.add(after(path(1), 8));
  expect(drafts.take(path(1))?.ids).toEqual([8]);
});

it('are 1,024 at most: the one that was heard longest ago goes', () => {
  const drafts = empty();
  for (let token = 0; token < 1024; token++) drafts.add(after(path(token)));
  // Heard again: no longer the oldest.
  drafts.add(after(path(0)));
  drafts.add(after(path(1024)));
  expect(drafts.take(path(1))).toBeUndefined();
  for (const token of [0, 2, 1023, 1024]) expect(drafts.take(path(token))).toBeDefined();
});
