import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endsInRun, SEGMENT_KINDS, Segments, segmentTokens } from '../../../src/core/simulator/segments.js';

/** Segments cover a text without gaps, and their kinds say what is in them. */

function cut(right: readonly boolean[], goesOn = false) {
  const segments = new Segments(goesOn);
  return right.map((isRight) => segments.next(isRight));
}

it('end with a wrong draft or after sixteen right ones, and count all tokens', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (right) => {
      const kinds = cut(right);
      let since = 0;
      for (const [index, kind] of kinds.entries()) {
        since++;
        const isCut = since === 16 && right[index] === true;
        expect(kind >= 0).toBe(right[index] === false || isCut);
        if (kind < 0) continue;
        expect(kind).toBeLessThan(SEGMENT_KINDS);
        expect(segmentTokens(kind)).toBe(since);
        expect(endsInRun(kind)).toBe(isCut);
        since = 0;
      }
    }),
  );
});

it('tell those that begin a run from those that go on', () => {
  const run = new Array<boolean>(16).fill(true);
  const [first, second] = cut([...run, ...run]).filter((kind) => kind >= 0);
  expect(first).not.toBe(second);
  expect(cut(run, true).at(-1)).toBe(second);
  expect(cut([false])).toEqual(cut([...run, true, false, false]).slice(-1));
});
