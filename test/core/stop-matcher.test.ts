import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StopMatcher } from '../../src/core/stop-matcher.js';

/** The first stop string to be complete ends the text, wherever the pieces are cut. */

const unit = fc.constantFrom('a', 'b', 'é', '😀');
const text = fc.string({ unit, maxLength: 30 });
const stops = fc.array(fc.string({ unit, minLength: 1, maxLength: 6 }), { maxLength: 4 });

it('finds the earliest end, the longest of equals, and holds just what may begin a stop string', () => {
  fc.assert(
    fc.property(text, stops, fc.array(fc.nat(5), { minLength: 1 }), (whole, stop, cuts) => {
      const matcher = new StopMatcher(stop);
      let seen = '';
      for (let turn = 0; seen.length < whole.length && turn < 200; turn++) {
        const piece = whole.slice(seen.length, seen.length + (cuts[turn % cuts.length] ?? 0) + (turn % 2));
        seen += piece;
        const rest = matcher.push(piece);
        const start = naiveStart(seen, stop);
        expect(rest).toBe(start === undefined ? undefined : seen.length - start);
        if (rest !== undefined) return;
        expect(matcher.held).toBe(naiveHeld(seen, stop));
      }
    }),
    { numRuns: 2000 },
  );
});

it('takes one stop string inside another, and overlaps with itself', () => {
  expect(new StopMatcher(['bc', 'abcd']).push('xabcd')).toBe(3);
  expect(new StopMatcher(['bcd', 'abcd']).push('xabcd')).toBe(4);
  expect(new StopMatcher(['aab']).push('aaaab!')).toBe(4);
});

it('never matches nothing', () => {
  expect(new StopMatcher(['']).push('text')).toBeUndefined();
  expect(new StopMatcher([]).push('text')).toBeUndefined();
});

function naiveStart(seen: string, stop: readonly string[]): number | undefined {
  for (let end = 1; end <= seen.length; end++) {
    const complete = stop.filter((candidate) => seen.slice(0, end).endsWith(candidate));
    if (complete.length > 0) return end - Math.max(...complete.map((candidate) => candidate.length));
  }
  return undefined;
}

function naiveHeld(seen: string, stop: readonly string[]): number {
  for (let length = seen.length; length > 0; length--) {
    if (stop.some((candidate) => candidate.startsWith(seen.slice(-length)))) return length;
  }
  return 0;
}
