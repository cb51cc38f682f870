/** Positions fit in 26 bits below the rank in one exact integer. */
const POSITIONS = 2 ** 26;
const CACHED_CHARACTERS = 64;
const CACHED_PIECES = 20_000;

/**
 * Byte-pair encoding over ids: again and again the pair of least rank, leftmost first, becomes one token. Takes
 * n log n steps whatever the piece, so that a long run without spaces stays affordable.
 */
export class BytePairMerges {
  private readonly ranks = new Map<number, number>();
  private readonly merged: number[] = [];
  private readonly cache = new Map<string, readonly number[]>();

  /**
   * @param vocabulary token -> id of all tokens that text can become
   * @param wholePieces a piece that is itself a token becomes that token whatever the merges say
   */
  constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly wholePieces: boolean,
    private readonly idLimit: number,
  ) {}

  /** Adds a merge below all merges added before. Returns false when a part or the result is not a token. */
  add(left: string, right: string): boolean {
    const leftId = this.vocabulary.get(left);
    const rightId = this.vocabulary.get(right);
    const mergedId = this.vocabulary.get(left + right);
    if (leftId === undefined || rightId === undefined || mergedId === undefined) return false;
    const key = this.key(leftId, rightId);
    if (!this.ranks.has(key)) this.ranks.set(key, this.merged.length);
    this.merged.push(mergedId);
    return true;
  }

  /** Ids of a piece, written in the byte alphabet. A byte that has no token is left out, as llama.cpp does. */
  encode(piece: string): readonly number[] {
    const cached = this.cache.get(piece);
    if (cached !== undefined) return cached;
    const ids = this.merge(piece);
    if (piece.length <= CACHED_CHARACTERS) {
      if (this.cache.size >= CACHED_PIECES) this.cache.clear();
      this.cache.set(piece, ids);
    }
    return ids;
  }

  private merge(piece: string): readonly number[] {
    const whole = this.wholePieces ? this.vocabulary.get(piece) : undefined;
    if (whole !== undefined) return [whole];
    const ids: number[] = [];
    for (let i = 0; i < piece.length; i++) {
      const id = this.vocabulary.get(piece.charAt(i));
      if (id !== undefined) ids.push(id);
    }
    const count = ids.length;
    const next = Int32Array.from({ length: count }, (_, i) => i + 1);
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
    const heap = new MinimumHeap();
    const offer = (at: number): void => {
      const rank = this.rankAt(ids, at, next[at] as number);
      if (rank !== undefined) heap.push(rank * POSITIONS + at);
    };
    for (let at = 0; at + 1 < count; at++) offer(at);
    for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
      const at = key % POSITIONS;
      const rank = (key - at) / POSITIONS;
      const right = next[at] as number;
      // Stale: one of the two has become part of another token since.
      if (this.rankAt(ids, at, right) !== rank) continue;
      ids[at] = this.merged[rank] as number;
      ids[right] = -1;
      const following = next[right] as number;
      next[at] = following;
      if (following < count) previous[following] = at;
      offer(at);
      const before = previous[at] as number;
      if (before >= 0) offer(before);
    }
    return ids.filter((id) => id >= 0);
  }

  private rankAt(ids: readonly number[], left: number, right: number): number | undefined {
    const leftId = ids[left];
    const rightId = ids[right];
    if (leftId === undefined || rightId === undefined || leftId < 0 || rightId < 0) return undefined;
    return this.ranks.get(this.key(leftId, rightId));
  }

  private key(left: number, right: number): number {
    return left * this.idLimit + right;
  }
}

class MinimumHeap {
  private readonly keys: number[] = [];

  push(key: number): void {
    const keys = this.keys;
    let index = keys.length;
    keys.push(key);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = keys[parent] as number;
      if (above <= key) break;
      keys[index] = above;
      index = parent;
    }
    keys[index] = key;
  }

  pop(): number | undefined {
    const keys = this.keys;
    const least = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return least;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= last) break;
      keys[index] = keys[child] as number;
      index = child;
    }
    keys[index] = last;
    return least;
  }
}
