import type { Decoder, Padding } from '../../infra/onnx/decoder.js';
import { sameBits } from '../../infra/onnx/probe-path.js';

export interface ChunkingResult {
  readonly passes: number;
  readonly rows: number;
  /** Rows of logits with other bits than passes of two tokens give. */
  readonly differing: number;
}

export interface ChunkingOptions {
  readonly vocabularySize: number;
  readonly sizes: readonly number[];
  readonly pasts: readonly number[];
  readonly padding: Padding;
}

/** Feeds the same tokens in passes of two and of each of `sizes`, after each of `pasts`, and compares bits. */
export async function compareChunkings(
  decoder: Decoder,
  { vocabularySize, sizes, pasts, padding }: ChunkingOptions,
): Promise<ChunkingResult> {
  const length = Math.max(...pasts) + Math.max(...sizes);
  const tokens = Array.from({ length }, (_, i) => (i * 7919 + 13) % vocabularySize);
  const feed = (size: number, from: number, to: number) =>
    rowsOf(decoder, padding, { tokens, size, from, to });
  const expected = await feed(2, 0, length);
  let [passes, rows, differing] = [0, 0, 0];
  for (const past of pasts) {
    for (const size of sizes) {
      const actual = await feed(size, past, past + size);
      passes++;
      rows += actual.length;
      differing += actual.filter((row, i) => !sameBits([row], [expected[past + i] as Float32Array])).length;
    }
  }
  return { passes, rows, differing };
}

interface Feeding {
  readonly tokens: readonly number[];
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Logits from token `from` on, in passes of `size`; what is before goes in by twos. */
async function rowsOf(decoder: Decoder, padding: Padding, { tokens, size, from, to }: Feeding) {
  const store = decoder.openStore();
  const rows: Float32Array[] = [];
  for (let at = 0; at < to; ) {
    const count = at < from ? Math.min(2, from - at) : Math.min(size, to - at);
    const passed = await decoder.pass(
      store,
      tokens.slice(at, at + count),
      at,
      at < from ? 0 : count,
      padding,
    );
    rows.push(...passed);
    at += count;
  }
  store.release();
  return rows;
}
