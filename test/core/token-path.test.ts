import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathHashes, rootPathHash } from '../../src/core/path-hash.js';
import { TokenPath } from '../../src/core/token-path.js';

const tokens = fc.array(fc.nat(3), { maxLength: 12 });

function pathOf(ids: readonly number[]): TokenPath {
  const path = new TokenPath('g');
  for (const id of ids) path.push(id);
  return path;
}

/** A path is what it would be had its tokens been pushed one by one. */
function expectSane(path: TokenPath): void {
  const hashes = [rootPathHash('g'), ...pathHashes(rootPathHash('g'), path.tokens)];
  expect(hashes.map((_, length) => path.hashAt(length))).toEqual(hashes);
  expect(path.hashAt(path.length + 1)).toBeUndefined();
  expect(path.hash).toBe(hashes.at(-1));
}

describe('TokenPath', () => {
  it('knows the hash of each of its prefixes, also after a crop', () => {
    fc.assert(
      fc.property(tokens, fc.nat(12), (ids, cut) => {
        const path = pathOf(ids);
        expectSane(path);
        path.crop(Math.min(cut, ids.length));
        expectSane(path);
      }),
    );
  });

  it('replaces from the first difference on, and keeps what follows when nothing differs', () => {
    fc.assert(
      fc.property(tokens, tokens, fc.nat(12), (ids, next, at) => {
        const from = Math.min(at, ids.length);
        const path = pathOf(ids);
        const shared = path.replaceFrom(from, next);
        const wanted = [...ids.slice(0, from), ...next];
        const keepsAll = next.every((id, index) => ids[from + index] === id);
        expect([...path.tokens]).toEqual(keepsAll ? ids : wanted);
        expect(path.tokens.slice(0, shared)).toEqual(ids.slice(0, shared));
        if (!keepsAll) expect(ids[shared]).not.toBe(wanted[shared]);
        expectSane(path);
      }),
    );
  });

  it('tells the same text of two generations apart', () => {
    expect(new TokenPath('a').hash).not.toBe(new TokenPath('b').hash);
  });
});
