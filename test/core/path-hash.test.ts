import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendPathHash, pathHashes, rootPathHash } from '../../src/core/path-hash.js';

const id = fc.string({ minLength: 1, maxLength: 20 });
const ids = fc.array(fc.nat(200_000), { maxLength: 20 });

describe('path hashes', () => {
  it('are 16 hexadecimal digits, and a function of generation and tokens', () => {
    fc.assert(
      fc.property(id, ids, (generation, tokens) => {
        const hashes = pathHashes(rootPathHash(generation), tokens);
        expect(hashes).toEqual(pathHashes(rootPathHash(generation), tokens));
        for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('are the same in every release of one wire version: workers may be older than their gateway', () => {
    const root = rootPathHash('some-generation');
    expect(root).toBe('5ac6ace5b270ae54');
    expect(pathHashes(root, [0, 1, 49_151, 200_000, 7, 7])).toEqual([
      'e6a8e3617c9e57fa',
      '0dd1394a942bf74e',
      '7a034fd5d995635e',
      '3f97e8b394c6b989',
      '3f15775dc193848a',
      '0e4f1d992bbfc21d',
    ]);
  });

  it('do not meet: 200,000 paths over few tokens and many lengths', () => {
    const seen = new Set<string>();
    let paths = 0;
    const see = (hash: string) => {
      seen.add(hash);
      paths++;
    };
    for (const generation of ['a', 'b', 'ab', 'ba']) {
      const root = rootPathHash(generation);
      for (let token = 0; token < 30_000; token++) see(extendPathHash(root, token));
      let level = [root];
      for (let length = 0; length < 12; length++) {
        level = level.flatMap((hash) => [extendPathHash(hash, 90_000), extendPathHash(hash, 90_001)]);
        for (const hash of level) see(hash);
      }
      for (const hash of pathHashes(extendPathHash(root, 77_777), new Array(10_000).fill(7))) see(hash);
    }
    expect(seen.size).toBe(paths);
    expect(paths).toBeGreaterThan(190_000);
  });

  it('depend on the order of tokens', () => {
    const root = rootPathHash('g');
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (a, b) => {
        fc.pre(a !== b);
        expect(pathHashes(root, [a, b])[1]).not.toBe(pathHashes(root, [b, a])[1]);
      }),
    );
  });

  it('spread over all bits', () => {
    const ones = new Array<number>(64).fill(0);
    let hash = rootPathHash('g');
    for (let i = 0; i < 4000; i++) {
      hash = extendPathHash(hash, i % 3);
      const bits = BigInt(`0x${hash}`);
      for (let bit = 0; bit < 64; bit++) if ((bits >> BigInt(bit)) & 1n) ones[bit] = (ones[bit] ?? 0) + 1;
    }
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
