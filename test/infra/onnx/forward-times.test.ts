import { describe, expect, it } from 'vitest';
import type { Decoder } from '../../../infra/onnx/decoder.js';
import { measureInTurns } from '../../../infra/onnx/forward-times.js';

const SINGLE_MS = 10;
const tokens = Array.from({ length: 128 }, (_, i) => i);

/** Passes take 10 ms and 1 more per further token, times what other load there is by then. */
function decoderUnder(load: (pass: number) => number) {
  let nowMs = 0;
  let passes = 0;
  const decoder = {
    openStore: () => ({ release: () => {} }),
    pass: async (_store: unknown, fed: readonly number[]) => {
      nowMs += (SINGLE_MS + fed.length - 1) * load(passes++);
      return [];
    },
  } as unknown as Decoder;
  return { decoder, now: () => nowMs, passes: () => passes };
}

/** As if the machine had been slow while the longer ones were measured. */
const measuredBefore = [1, 2, 4, 8, 16, 32].map((size) => ({
  tokens: size,
  ms: (SINGLE_MS + size - 1) * (size > 2 ? 2 : 1),
}));

describe('passes measured in turns', () => {
  it('keep their ratios under load that comes and goes', async () => {
    const { decoder, now } = decoderUnder((pass) => (pass >= 10 && pass < 20 ? 2 : 1));
    const times = await measureInTurns(decoder, tokens, 1, measuredBefore, now);
    expect(times.map(({ ms }) => ms)).toEqual([10, 11, 13, 17, 25, 82]);
  });

  it('are few where they are long, and none where a turn would take longer than all of them may', async () => {
    const slow = decoderUnder(() => 5);
    await measureInTurns(slow.decoder, tokens, 1, measuredBefore, slow.now);
    expect(slow.passes()).toBe(5 * 5);
    const slowest = measuredBefore.map(({ tokens: size, ms }) => ({ tokens: size, ms: 100 * ms }));
    expect(await measureInTurns(slow.decoder, tokens, 1, slowest, slow.now)).toEqual(slowest);
  });
});
