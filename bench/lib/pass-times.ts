import type { Decoder } from '../../infra/onnx/decoder.js';
import type { KvStore } from '../../infra/onnx/kv-store.js';
import { median } from '../../src/core/statistics.js';

/** What passes of one size cost, over all rounds. */
export interface PassTime {
  readonly tokens: number;
  /** Other load only ever adds to it. */
  readonly leastMs: number;
  /** Median over rounds of this pass / the pass over the first size in the same round. */
  readonly overFirst: number;
}

const PAST_TOKENS = 64;

/** Times passes with all logits wanted after 64 tokens; decoders and sizes take turns, so that other load meets all. */
export async function passTimes(
  decoders: readonly Decoder[],
  sizes: readonly number[],
  rounds: number,
): Promise<PassTime[][]> {
  const stores: KvStore[] = [];
  for (const decoder of decoders) {
    const store = decoder.openStore();
    await decoder.pass(store, somethingToRead(PAST_TOKENS, 0), 0, 0, 2);
    stores.push(store);
  }
  const times = decoders.map(() => sizes.map((): number[] => []));
  for (let round = 0; round < rounds; round++) {
    for (const [i, tokens] of sizes.entries()) {
      for (const [j, decoder] of decoders.entries()) {
        const startedAt = performance.now();
        await decoder.pass(stores[j] as KvStore, somethingToRead(tokens, round), PAST_TOKENS, tokens, 1);
        times[j]?.[i]?.push(performance.now() - startedAt);
      }
    }
  }
  for (const store of stores) store.release();
  return times.map((ofDecoder) =>
    sizes.map((tokens, i) => {
      const own = ofDecoder[i] as number[];
      const ratios = own.map((ms, round) => ms / (ofDecoder[0]?.[round] as number));
      return { tokens, leastMs: Math.min(...own), overFirst: median(ratios) };
    }),
  );
}

function somethingToRead(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 37 + seed * 11 + 100) % 1000);
}
