import { describe, expect, it } from 'vitest';
import type { Decoder, Padding } from '../../../infra/onnx/decoder.js';
import { testTarget } from '../../../infra/onnx/self-test.js';

interface Pass {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly padding: Padding;
  /** Passes on this path before. */
  readonly count: number;
}

/** A decoder whose logits are a function of token and position, but for what `flaw` adds to some row of a pass. */
function decoderWith(flaw: (pass: Pass, row: number) => number, builtHere: boolean): Decoder {
  const counts = new Map<unknown, number>();
  const decoder = {
    info: { builtHere },
    openStore: () => {
      const store = { release: () => {} };
      counts.set(store, 0);
      return store;
    },
    pass: async (
      store: unknown,
      tokens: readonly number[],
      past: number,
      want: number,
      padding: Padding,
    ): Promise<Float32Array[]> => {
      const count = counts.get(store) ?? 0;
      counts.set(store, count + 1);
      const rows = tokens.map((token, row) =>
        Float32Array.of(token, past + row, flaw({ tokens, past, padding, count }, row)),
      );
      return rows.slice(tokens.length - want);
    },
  };
  return decoder as unknown as Decoder;
}

async function tested(flaw: (pass: Pass, row: number) => number, builtHere = true) {
  let clock = 0;
  const result = await testTarget({
    decoder: decoderWith(flaw, builtHere),
    vocabularySize: 1000,
    contextTokens: 1024,
    now: () => clock++,
  });
  return { numerics: result.numerics, padding: result.padding, chunk: result.maxChunkTokens };
}

describe('testTarget', () => {
  it('finds a graph exact that is, without padding where that holds', async () => {
    expect(await tested(() => 0)).toEqual({ numerics: 'exact', padding: 1, chunk: 128 });
  });

  it('pads where single tokens get other bits', async () => {
    const alone = ({ tokens, padding }: Pass) => (tokens.length === 1 && padding === 1 ? 1e-6 : 0);
    expect(await tested(alone)).toMatchObject({ numerics: 'exact', padding: 2 });
  });

  it('makes every pass even in graphs of other tools', async () => {
    const odd = ({ tokens, padding }: Pass) => (tokens.length % 2 === 1 && padding !== 'even' ? 1e-6 : 0);
    expect(await tested(odd, false)).toMatchObject({ numerics: 'exact', padding: 'even' });
  });

  it.each<[string, (pass: Pass, row: number) => number]>([
    ['in odd passes', ({ tokens }) => (tokens.length === 7 ? 1e-6 : 0)],
    ['in single passes after a long past', ({ tokens, past }) => (tokens.length === 1 && past > 40 ? 1 : 0)],
    ['in odd passes after a long past', ({ tokens, past }) => (tokens.length === 59 && past > 40 ? 1 : 0)],
    ['late in long passes', ({ tokens }, row) => (tokens.length === 64 && row === 40 ? 1e-6 : 0)],
    ['in the longest pass', ({ tokens }, row) => (tokens.length === 128 && row === 20 ? 1e-6 : 0)],
    [
      'after a rollback',
      ({ tokens, past, count }) => (tokens.length === 7 && past === 5 && count === 2 ? 1 : 0),
    ],
  ])('is not fooled by other bits %s', async (_, flaw) => {
    expect((await tested(flaw)).numerics).toBe('relaxed');
  });
});
