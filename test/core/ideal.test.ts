import { describe, expect, it } from 'vitest';
import { cleanStart, idealDistributedMs, idealPlainMs, idealRoundsMs } from '../../src/core/ideal.js';

/** `x`: the token that starts the clock; `+`: drafted; `-`: the target's own. */
function trace(text: string) {
  return { drafted: [...text].map((mark) => mark === '+'), targetMs: 20, drafterMs: 3 };
}

describe('cleanStart', () => {
  it.each([
    [[false, true], 0],
    [[true, true, false, true], 2],
    [[true, true], 1],
    [[], 0],
  ])('of %o is token %i', (drafted, expected) => {
    expect(cleanStart(drafted)).toBe(expected);
  });
});

describe('the ideal', () => {
  it('of plain decoding is a forward per token', () => {
    expect(idealPlainMs(trace('x+++'))).toBe(60);
    expect(idealPlainMs(trace('x'))).toBe(0);
  });

  it('of speculative inference is rounds of k drafts and a forward', () => {
    // All right and one more; refuted at once; refuted after one.
    expect(idealRoundsMs(trace('x+++--+-'), 3)).toBe(29 + 26 + 23);
    expect(idealRoundsMs(trace(`x${'+++-'.repeat(5)}`), 3)).toBe(5 * 29);
  });

  it('of speculative inference drafts no more than there are tokens to come', () => {
    expect(idealRoundsMs(trace('x-'), 3)).toBe(20);
    expect(idealRoundsMs(trace('x+-'), 3)).toBe(23);
  });

  it('of speculative inference can charge something for each refutation', () => {
    expect(idealRoundsMs(trace('x+++--+-++++'), 3, 20)).toBe(
      idealRoundsMs(trace('x+++--+-++++'), 3) + 2 * 20,
    );
  });

  it('of DSI takes T after the drafts that were right, up to each refutation', () => {
    const enough = { lookahead: 1, targets: 7 };
    expect(idealDistributedMs(trace('x-'), enough)).toBe(20);
    expect(idealDistributedMs(trace('x++-+-'), enough)).toBe(20 + 2 * 3 + 20 + 3);
    // The last token's verdict needs only those before it.
    expect(idealDistributedMs(trace('x+++'), enough)).toBe(20 + 2 * 3);
  });

  it('of DSI decides drafts k at a time, and the last with fewer', () => {
    const enough = { lookahead: 3, targets: 7 };
    expect(idealDistributedMs(trace('x+-++++-++-'), enough)).toBe(20 + 9 + 20 + 18 + 20 + 6);
  });

  it('of DSI lets drafts wait for a target where there are too few', () => {
    const one = { lookahead: 1, targets: 1 };
    // The root alone, and then all drafts that came meanwhile.
    expect(idealDistributedMs(trace('x+++-'), one)).toBe(40);
    // The root's own refutation frees its target at once.
    expect(idealDistributedMs(trace('x---'), one)).toBe(60);
    // The second one takes the first draft alone, 3 ms after the root, and the other draft has to wait for the first one.
    expect(idealDistributedMs(trace('x++-'), { lookahead: 1, targets: 2 })).toBe(40);
    // Before a refutation it began what is then known to be wrong, and is at it until 23 ms.
    expect(idealDistributedMs(trace('x-+-'), { lookahead: 1, targets: 2 })).toBe(43);
    expect(idealDistributedMs(trace('x-++-'), { lookahead: 1, targets: 2 })).toBe(60);
  });

  it('of DSI with free drafts is a forward per refutation', () => {
    const free = { ...trace('x++++-++++-'), drafterMs: 0 };
    expect(idealDistributedMs(free, { lookahead: 1, targets: 1 })).toBe(40);
  });
});
