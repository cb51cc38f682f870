import type { Contest } from '../../src/core/sampler-contest.js';
import type { DecoderGraphInfo } from './decoder-graph-info.js';
import { halfFloatTable } from './graph/half-floats.js';

import { createKvStore, type Feeds, type Fetches, type KvKind, type KvStore } from './kv-store.js';
import { type InferenceSession, Tensor } from './runtime.js';

/**
 * Fewest tokens of a pass.
 * - `1`: passes run as they are
 * - `2`: a single token gets a throw-away neighbour
 * - `even`: an odd number of tokens gets one; for graphs that do not do so inside
 */
export type Padding = 1 | 2 | 'even';

/** Throw-away tokens: attention is causal, so their id has no influence on the others. */
const PADDING_TOKEN = 0n;

/** A decoder's session: single passes over key-value stores, exact for all `Padding` but 1. */
export class Decoder {
  private ones = new BigInt64Array(256).fill(1n);

  constructor(
    private readonly session: InferenceSession,
    readonly info: DecoderGraphInfo,
    readonly kvKind: KvKind,
  ) {}

  openStore(): KvStore {
    return createKvStore(this.kvKind, this.info);
  }

  /**
   * Runs `tokens` after the first `past` rows of `store` and returns the logits after each of the last `want`
   * tokens, oldest first. Blocks the thread for the whole pass, after the current event-loop turn.
   */
  async pass(
    store: KvStore,
    tokens: readonly number[],
    past: number,
    want: number,
    padding: Padding,
  ): Promise<Float32Array[]> {
    const { logits } = await this.run(store, tokens, past, want, padding, ['logits']);
    if (logits === undefined) throw new Error('output logits was not returned');
    const length = logits.dims[1] ?? 0;
    const fresh = paddedLength(tokens.length, padding);
    const first = this.info.inputs.has('logits_rows') ? 0 : tokens.length - want - fresh + length;
    return logitsRows(logits, first, want);
  }

  /**
   * The same pass, of which only the two largest logits of each row are returned: copying and searching whole rows
   * takes a tenth of a pass over 16 tokens. Only of a graph that was built here.
   */
  async topPass(
    store: KvStore,
    tokens: readonly number[],
    past: number,
    want: number,
    padding: Padding,
  ): Promise<Contest[]> {
    const outputs = await this.run(store, tokens, past, want, padding, ['top_logits', 'top_ids']);
    const values = outputs.top_logits?.data as Float32Array;
    const ids = outputs.top_ids?.data as BigInt64Array;
    return Array.from({ length: want }, (_, i) => ({
      winner: Number(ids[2 * i]),
      best: values[2 * i] as number,
      second: values[2 * i + 1] as number,
    }));
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async run(
    store: KvStore,
    tokens: readonly number[],
    past: number,
    want: number,
    padding: Padding,
    wanted: readonly string[],
  ): Promise<Feeds> {
    const fresh = paddedLength(tokens.length, padding);
    const feeds: Feeds = {};
    const fetches: Fetches = {};
    for (const name of wanted) fetches[name] = null;
    const ids = new BigInt64Array(fresh).fill(PADDING_TOKEN);
    for (let i = 0; i < tokens.length; i++) ids[i] = BigInt(tokens[i] as number);
    feeds.input_ids = int64(ids, [1, fresh]);
    feeds.attention_mask = int64(this.mask(past + fresh), [1, past + fresh]);
    this.bindOptional(feeds, past, fresh, tokens.length - want, want, padding);
    store.bind(past, fresh, feeds, fetches);
    const outputs = await this.session.run(feeds, fetches);
    store.take(outputs, past, tokens.length);
    return outputs;
  }

  private bindOptional(
    feeds: Feeds,
    past: number,
    fresh: number,
    first: number,
    want: number,
    padding: Padding,
  ): void {
    const { inputs } = this.info;
    if (inputs.has('logits_rows')) {
      // The output projection has the same single-row path as the rest: a lone wanted row is asked for twice. And
      // where none is wanted, one: looking for the largest of no rows ends the process.
      const rows = paddedLength(Math.max(1, want), padding);
      const last = first + want - 1;
      const indices = BigInt64Array.from({ length: rows }, (_, i) => BigInt(Math.min(first + i, last)));
      feeds.logits_rows = int64(indices, [rows]);
    }
    if (inputs.has('position_ids'))
      feeds.position_ids = int64(
        BigInt64Array.from({ length: fresh }, (_, i) => BigInt(past + i)),
        [1, fresh],
      );
    const keep = BigInt64Array.of(BigInt(paddedLength(Math.max(1, fresh - first), padding)));
    if (inputs.has('num_logits_to_keep')) feeds.num_logits_to_keep = int64(keep, []);
    if (inputs.has('logits_to_keep')) feeds.logits_to_keep = int64(keep, []);
    if (inputs.has('use_cache_branch')) feeds.use_cache_branch = new Tensor('bool', Uint8Array.of(1), [1]);
  }

  private mask(length: number): BigInt64Array {
    if (length > this.ones.length) this.ones = new BigInt64Array(2 * length).fill(1n);
    return this.ones.subarray(0, length);
  }
}

function paddedLength(length: number, padding: Padding): number {
  if (padding === 'even') return length + (length % 2);
  return Math.max(length, padding);
}

function int64(data: BigInt64Array, dims: readonly number[]): Tensor {
  return new Tensor('int64', data, dims);
}

function logitsRows(logits: Tensor, first: number, count: number): Float32Array[] {
  const vocabularySize = logits.dims[2] ?? 0;
  const from = first * vocabularySize;
  const part = (logits.data as Float32Array | Uint16Array).subarray(from, from + count * vocabularySize);
  const values = part instanceof Float32Array ? part : halvesToFloats(part);
  logits.dispose();
  return Array.from({ length: count }, (_, i) =>
    values.subarray(i * vocabularySize, (i + 1) * vocabularySize),
  );
}

function halvesToFloats(halves: Uint16Array): Float32Array {
  const table = halfFloatTable();
  return Float32Array.from(halves, (bits) => table[bits] as number);
}
