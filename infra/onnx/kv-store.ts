import type { DecoderGraphInfo } from './decoder-graph-info.js';
import { Tensor } from './runtime.js';

export type Feeds = Record<string, Tensor>;
/** A tensor that the runtime writes to, or null for one that it makes. */
export type Fetches = Record<string, Tensor | null>;

/**
 * Keys and values of one sequence. Where it ends is the caller's business: a pass names the valid length, and rows
 * beyond it are overwritten, so rolling back costs nothing.
 */
export interface KvStore {
  /** Adds the tensors for a pass of `fresh` tokens after the first `past`. */
  bind(past: number, fresh: number, feeds: Feeds, fetches: Fetches): void;
  /** Takes up what that pass returned: the first `kept` of its new rows. */
  take(outputs: Feeds, past: number, kept: number): void;
  release(): void;
}

/**
 * How a graph keeps the past.
 * - `rows`: it returns new rows only, which are copied into our own buffers
 * - `shared`: attention writes into the buffers that it was given
 * - `concatenated`: it returns past and new rows in one tensor, and takes past tensors of exact size
 */
export type KvKind = 'rows' | 'shared' | 'concatenated';

export function createKvStore(kind: KvKind, info: DecoderGraphInfo): KvStore {
  switch (kind) {
    case 'rows':
      return new RowStore(info);
    case 'shared':
      return new SharedStore(info);
    case 'concatenated':
      return new ConcatenatedStore(info);
  }
}

interface Slot {
  readonly past: string;
  readonly present: string;
}

function slotsOf(info: DecoderGraphInfo): Slot[] {
  return Array.from({ length: 2 * info.layers }, (_, i) => {
    const suffix = `${i >> 1}.${i % 2 === 0 ? 'key' : 'value'}`;
    return { past: `past_key_values.${suffix}`, present: `present.${suffix}` };
  });
}

/** Rows per head that hold `length` rows, with room to grow: passes cost more with a larger buffer, growing a copy. */
function bucket(length: number): number {
  const step = Math.max(64, 2 ** Math.floor(Math.log2(Math.max(1, length))) / 4);
  return Math.ceil(Math.max(1, length) / step) * step;
}

type KvData = Float32Array | Uint16Array;

function emptyTensor({ kvHeads, headSize, kvType }: DecoderGraphInfo, rows: number): Tensor {
  const dims = [1, kvHeads, rows, headSize];
  const size = kvHeads * rows * headSize;
  return kvType === 'float16'
    ? new Tensor('float16', new Uint16Array(size), dims)
    : new Tensor('float32', new Float32Array(size), dims);
}

/** Copies rows of every head: `count` from row `fromRow` of `from` to row `toRow` of `to`. */
function copyRows(from: Tensor, fromRow: number, to: Tensor, toRow: number, count: number): void {
  const [, heads = 0, fromRows = 0, headSize = 0] = from.dims;
  const toRows = to.dims[2] ?? 0;
  const source = from.data as KvData;
  const target = to.data as KvData;
  for (let head = 0; head < heads; head++) {
    const start = (head * fromRows + fromRow) * headSize;
    target.set(source.subarray(start, start + count * headSize), (head * toRows + toRow) * headSize);
  }
}

function output(outputs: Feeds, name: string): Tensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw new Error(`output ${name} was not returned`);
  return tensor;
}

/** All keys and values in one buffer, head after head: tensors are parts of it, and new rows come in one tensor. */
class RowStore implements KvStore {
  private readonly names: readonly string[];
  private readonly heads: number;
  private tensors: readonly Tensor[] = [];
  private values = new Float32Array(0);
  private rows = 0;

  constructor(private readonly info: DecoderGraphInfo) {
    this.names = slotsOf(info).map(({ past }) => past);
    this.heads = this.names.length * info.kvHeads;
  }

  bind(past: number, _fresh: number, feeds: Feeds, fetches: Fetches): void {
    this.grow(Math.max(1, past), past);
    for (let i = 0; i < this.names.length; i++) feeds[this.names[i] as string] = this.tensors[i] as Tensor;
    fetches.present = null;
  }

  take(outputs: Feeds, past: number, kept: number): void {
    this.grow(past + kept, past);
    const fresh = output(outputs, 'present');
    this.copyHeads(fresh.data as Float32Array, fresh.dims[2] ?? 0, past, kept);
    fresh.dispose();
  }

  release(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors = [];
    this.values = new Float32Array(0);
    this.rows = 0;
  }

  /** Makes room for `length` rows; keeps the first `valid`. */
  private grow(length: number, valid: number): void {
    if (length <= this.rows) return;
    const { kvHeads, headSize } = this.info;
    const { values: old, rows: oldRows } = this;
    const rows = bucket(length);
    const values = new Float32Array(this.heads * rows * headSize);
    this.values = values;
    this.rows = rows;
    if (valid > 0) this.copyHeads(old, oldRows, 0, valid);
    const size = kvHeads * rows * headSize;
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors = this.names.map(
      (_, i) =>
        new Tensor('float32', values.subarray(i * size, (i + 1) * size), [1, kvHeads, rows, headSize]),
    );
  }

  /** The first `count` of the `fromRows` rows that `from` has per head, to row `toRow`. */
  private copyHeads(from: Float32Array, fromRows: number, toRow: number, count: number): void {
    const { values, rows } = this;
    const { headSize } = this.info;
    for (let head = 0; head < this.heads; head++) {
      const start = head * fromRows * headSize;
      values.set(from.subarray(start, start + count * headSize), (head * rows + toRow) * headSize);
    }
  }
}

/** A tensor for each, into which attention writes. */
class SharedStore implements KvStore {
  private readonly slots: readonly Slot[];
  private tensors: Tensor[] = [];
  private rows = 0;

  constructor(private readonly info: DecoderGraphInfo) {
    this.slots = slotsOf(info);
  }

  bind(past: number, fresh: number, feeds: Feeds, fetches: Fetches): void {
    this.grow(past + fresh, past);
    this.slots.forEach((slot, i) => {
      const tensor = this.tensors[i] as Tensor;
      feeds[slot.past] = tensor;
      fetches[slot.present] = tensor;
    });
  }

  /** The runtime wrote into our tensors; what it returns is a copy. */
  take(outputs: Feeds): void {
    for (const [i, slot] of this.slots.entries()) {
      const copy = output(outputs, slot.present);
      if (copy !== this.tensors[i]) copy.dispose();
    }
  }

  release(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors = [];
    this.rows = 0;
  }

  /** Makes room for `length` rows; keeps the first `valid`. */
  private grow(length: number, valid: number): void {
    if (length <= this.rows) return;
    const rows = bucket(length);
    this.tensors = this.slots.map((_, i) => {
      const larger = emptyTensor(this.info, rows);
      const old = this.tensors[i];
      if (old !== undefined) {
        copyRows(old, 0, larger, 0, valid);
        old.dispose();
      }
      return larger;
    });
    this.rows = rows;
  }
}

class ConcatenatedStore implements KvStore {
  private readonly slots: Slot[];
  private tensors: Tensor[];

  constructor(private readonly info: DecoderGraphInfo) {
    this.slots = slotsOf(info);
    this.tensors = this.slots.map(() => emptyTensor(info, 0));
  }

  bind(past: number, _fresh: number, feeds: Feeds, fetches: Fetches): void {
    this.slots.forEach((slot, i) => {
      let tensor = this.tensors[i] as Tensor;
      if (tensor.dims[2] !== past) {
        const exact = emptyTensor(this.info, past);
        copyRows(tensor, 0, exact, 0, past);
        tensor.dispose();
        tensor = exact;
        this.tensors[i] = exact;
      }
      feeds[slot.past] = tensor;
      fetches[slot.present] = null;
    });
  }

  take(outputs: Feeds): void {
    this.tensors = this.slots.map((slot, i) => {
      this.tensors[i]?.dispose();
      return output(outputs, slot.present);
    });
  }

  release(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors = [];
  }
}
