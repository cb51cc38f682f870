/** Entries that come up by time, and of the same time in the order in which they were made. */
export class Heap<Message> {
  private capacity = 128;
  private count = 0;
  /** Numbers of entries, the first due at the front; behind `count` those that are free. */
  private entries = Int32Array.from({ length: this.capacity }, (_, index) => index);
  private times = new Float64Array(this.capacity);
  private orders = new Float64Array(this.capacity);
  private wakes = new Int32Array(this.capacity);
  private readonly messages: (Message | undefined)[] = [];

  /** When the first entry is due; infinite without one. */
  get atMs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : (this.times[this.entries[0] as number] as number);
  }

  get order(): number {
    return this.orders[this.entries[0] as number] as number;
  }

  get wake(): number {
    return this.wakes[this.entries[0] as number] as number;
  }

  get message(): Message | undefined {
    return this.messages[this.entries[0] as number];
  }

  push(atMs: number, order: number, wake: number, message: Message | undefined): void {
    if (this.count === this.capacity) this.grow();
    const { entries } = this;
    let index = this.count++;
    const entry = entries[index] as number;
    this.times[entry] = atMs;
    this.orders[entry] = order;
    this.wakes[entry] = wake;
    this.messages[entry] = message;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex] as number;
      if (!this.isBefore(entry, parent)) break;
      entries[index] = parent;
      index = parentIndex;
    }
    entries[index] = entry;
  }

  drop(): void {
    const { entries } = this;
    const dropped = entries[0] as number;
    const count = --this.count;
    const last = entries[count] as number;
    entries[count] = dropped;
    this.messages[dropped] = undefined;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= count) break;
      const right = childIndex + 1;
      if (right < count && this.isBefore(entries[right] as number, entries[childIndex] as number))
        childIndex = right;
      const child = entries[childIndex] as number;
      if (!this.isBefore(child, last)) break;
      entries[index] = child;
      index = childIndex;
    }
    if (count > 0) entries[index] = last;
  }

  private isBefore(a: number, b: number): boolean {
    const timeA = this.times[a] as number;
    const timeB = this.times[b] as number;
    return timeA < timeB || (timeA === timeB && (this.orders[a] as number) < (this.orders[b] as number));
  }

  private grow(): void {
    const capacity = 2 * this.capacity;
    const widened = <Values extends Float64Array | Int32Array>(from: Values, to: Values): Values => {
      to.set(from);
      return to;
    };
    this.times = widened(this.times, new Float64Array(capacity));
    this.orders = widened(this.orders, new Float64Array(capacity));
    this.wakes = widened(this.wakes, new Int32Array(capacity));
    this.entries = widened(this.entries, new Int32Array(capacity));
    for (let entry = this.capacity; entry < capacity; entry++) this.entries[entry] = entry;
    this.capacity = capacity;
  }
}
