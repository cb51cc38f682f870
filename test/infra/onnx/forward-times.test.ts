import { describe, expect, it } from 'vitest';
import type { Decoder } from '../../../infra/onnx/decoder.js';
import { measureInTurns } from '../../../infra/onnx/forward-times.js';

const SINGLE_MS = 22;
const passMs = (size: number) => SINGLE_MS + 2.2 * (size - 1);
const tokens = Array.from({ length: 128 }, (_, i) => i);

/** Passes take 22 ms and 2.2 more per further token, times what other load there is by then. */
function decoderUnder(load: (pass: number) => number) {
  let nowMs = 0;
  let passes = 0;
  const decoder = {
    openStore: () => ({ release: () => {} }),
    pass: async (_store: unknown, fed: readonly number[]) => {
      nowMs += passMs(fed.length) * load(passes++);
      return [];
    },
  } as unknown as Decoder;
  return { decoder, now: () => nowMs, passes: () => passes };
}

/** As if the machine had been slow while the longer ones were measured. */
const measuredBefore = [1, 2, 4, 8, 16, 32].map((size) => ({
  tokens: size,
  ms: passMs(size) * (size > 2 ? 2 : 1),
}));

describe('passes measured in turns', () => {
  it('keep their ratios under load that comes and goes', async () => {
    // Five turns over five sizes. It comes in the middle of the first turn, and of the last four only the last is alike.
    const loads = [1, 1, 3, 3, 3, ...Array<number>(10).fill(3), ...Array<number>(5).fill(2)];
    const { decoder, now } = decoderUnder((pass) => loads[pass] ?? 1);
    const times = await measureInTurns(decoder, tokens, 1, measuredBefore, now);
    const [single = 0] = times.map(({ ms }) => ms);
    expect(times.slice(0, 5).map(({ ms }) => ms / single)).toEqual(
      [1, 1.1, 1.3, 1.7, 2.5].map((ratio) => expect.closeTo(ratio, 9)),
    );
    expect(times[5]).toEqual(measuredBefore[5]);
  });

  it.each([
    [0.1, 7],
    [1, 5],
    [1.6, 3],
    [2, 0],
  ])('take about as long as they may: %f times as slow, %i turns', async (factor, turns) => {
    const slow = measuredBefore.map(({ tokens: size, ms }) => ({ tokens: size, ms: factor * ms }));
    const { decoder, now, passes } = decoderUnder(() => factor);
    const times = await measureInTurns(decoder, tokens, 1, slow, now);
    expect(passes()).toBe(5 * turns);
    if (turns === 0) expect(times).toEqual(slow);
  });
});
