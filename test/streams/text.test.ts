import { defer, generate, map, of, take, tap, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { CommittedToken } from '../../src/core/generation.js';
import { releaseText } from '../../streams/text.js';
import { commit, tokenizerOf } from '../core/byte-tokenizer.js';

/** `releaseText` lets tokens through with their text, ends at a stop string, and cleans up behind itself. */

const words = ['Hi', ' S', 'TOP', ' you'];
const tokenizer = tokenizerOf(words.map((word) => new TextEncoder().encode(word)));
const [h, s, t, y] = commit([2, 3, 4, 5]) as [CommittedToken, CommittedToken, CommittedToken, CommittedToken];
const logged = (token: CommittedToken, text: string) => {
  const { position: _, ...rest } = token;
  return { ...rest, text };
};
const committed = { h, s, t, y };
const released = {
  h: logged(h, 'Hi'),
  s: logged(s, ' S'),
  x: logged(s, ' '),
  t: logged(t, 'TOP'),
  e: logged(t, ''),
  y: logged(y, ' you'),
};
const stopping = { tokenizer, stop: ['STOP'], raw: false };
const plain = { tokenizer, stop: [], raw: false };

function marbles(test: Parameters<TestScheduler['run']>[0]) {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

describe('releaseText', () => {
  it('lets every token through at once when nothing can be a stop string', () =>
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-h-s-t-y-|', committed).pipe(releaseText(plain))).toBe('-h-s-t-y-|', released);
    }));

  it('holds what may be a stop string, completes when it is one, and unsubscribes from the source', () =>
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-h-s---t-y-|', committed);
      expectObservable(source.pipe(releaseText(stopping))).toBe('-h-----(xe|)', released);
      expectSubscriptions(source.subscriptions).toBe('^------!');
    }));

  it('releases what is held when the source completes', () =>
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-h-s---|', committed).pipe(releaseText(stopping))).toBe('-h-----(s|)', released);
    }));

  it('completes with an empty source', () =>
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold<CommittedToken>('--|').pipe(releaseText(stopping))).toBe('--|');
    }));

  it('passes an error at once', () =>
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-h-s-#', committed).pipe(releaseText(stopping))).toBe('-h---#', released);
    }));

  it('unsubscribes from the source when its reader goes', () =>
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-h-s-t-y-|', committed);
      expectObservable(source.pipe(releaseText(plain)), '^---!').toBe('-h-s', released);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    }));

  it('starts afresh for every subscriber', () => {
    const text$ = of(h, s).pipe(releaseText(stopping), toArray());
    for (let turn = 0; turn < 2; turn++) {
      text$.subscribe((tokens) => expect(tokens).toEqual([released.h, released.s]));
    }
    expect.assertions(2);
  });

  it('ends a source that emits synchronously, at a stop string and when its reader goes', () => {
    let pulled = 0;
    const endless$ = defer(() => {
      pulled = 0;
      return generate({ initialState: 0, iterate: (turn) => turn + 1 });
    }).pipe(
      tap(() => pulled++),
      map((turn) => [h, s, t, y][turn % 4] as CommittedToken),
    );
    endless$.pipe(releaseText(stopping)).subscribe();
    expect(pulled).toBe(3);
    endless$.pipe(releaseText(plain), take(5)).subscribe();
    expect(pulled).toBe(5);
  });
});
