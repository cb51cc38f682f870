import type { Decoder, Padding } from './decoder.js';
import type { KvStore } from './kv-store.js';

const LONGEST_PROBE = 128;

/** Fixed ids that are the same in every process, spread over the vocabulary; as many as fit the context, up to 128. */
export function probeTokens(vocabularySize: number, contextTokens: number): number[] {
  const length = Math.min(LONGEST_PROBE, contextTokens);
  return Array.from({ length }, (_, i) => (i * 7919 + 13) % vocabularySize);
}

/** A sequence that is fed fixed tokens, to see whether the way they are fed matters. */
export class ProbePath {
  private readonly store: KvStore;
  private length = 0;

  constructor(private readonly decoder: Decoder) {
    this.store = decoder.openStore();
  }

  /** One pass over `tokens`; the logits after each of the last `want` (default: all). */
  async feed(tokens: readonly number[], padding: Padding, want = tokens.length): Promise<Float32Array[]> {
    const rows = await this.decoder.pass(this.store, tokens, this.length, want, padding);
    this.length += tokens.length;
    return rows;
  }

  /** `tokens` in passes of these sizes, all logits. */
  async feedChunks(
    tokens: readonly number[],
    sizes: readonly number[],
    padding: Padding,
  ): Promise<Float32Array[]> {
    const rows: Float32Array[] = [];
    let at = 0;
    for (const size of sizes) {
      rows.push(...(await this.feed(tokens.slice(at, at + size), padding)));
      at += size;
    }
    return rows;
  }

  crop(length: number): void {
    this.length = Math.min(this.length, length);
  }

  close(): void {
    this.store.release();
  }
}

/** Opens a path for as long as `use` takes. */
export async function withPath<T>(decoder: Decoder, use: (path: ProbePath) => Promise<T>): Promise<T> {
  const path = new ProbePath(decoder);
  try {
    return await use(path);
  } finally {
    path.close();
  }
}

/** Whether rows have the same bits; of the longer list only the beginning counts. NaN equals itself. */
export function sameBits(a: readonly Float32Array[], b: readonly Float32Array[]): boolean {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = bytesOf(a[i] as Float32Array);
    if (!x.equals(bytesOf(b[i] as Float32Array))) return false;
  }
  return true;
}

export function bytesOf(row: Float32Array): Buffer {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength);
}
