/** Entries that come up in the order in which they were made: a ring that grows when it is full. */
export class Lane<Message> {
  private capacity = 64;
  private first = 0;
  private count = 0;
  private times = new Float64Array(this.capacity);
  private orders = new Float64Array(this.capacity);
  private wakes = new Int32Array(this.capacity);
  private messages: (Message | undefined)[] = new Array(this.capacity).fill(undefined);

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** When the first entry is due; infinite without one. */
  get atMs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : (this.times[this.first] as number);
  }

  get order(): number {
    return this.orders[this.first] as number;
  }

  get wake(): number {
    return this.wakes[this.first] as number;
  }

  get message(): Message | undefined {
    return this.messages[this.first];
  }

  push(atMs: number, order: number, wake: number, message: Message | undefined): void {
    if (this.count === this.capacity) this.grow();
    const last = (this.first + this.count) & (this.capacity - 1);
    this.times[last] = atMs;
    this.orders[last] = order;
    this.wakes[last] = wake;
    this.messages[last] = message;
    this.count++;
  }

  drop(): void {
    this.messages[this.first] = undefined;
    this.first = (this.first + 1) & (this.capacity - 1);
    this.count--;
  }

  private grow(): void {
    const { capacity, first } = this;
    const unrolled = <Values extends Float64Array | Int32Array>(from: Values, to: Values): Values => {
      for (let i = 0; i < capacity; i++) to[i] = from[(first + i) & (capacity - 1)] as number;
      return to;
    };
    this.times = unrolled(this.times, new Float64Array(2 * capacity));
    this.orders = unrolled(this.orders, new Float64Array(2 * capacity));
    this.wakes = unrolled(this.wakes, new Int32Array(2 * capacity));
    this.messages = [...this.messages.slice(first), ...this.messages.slice(0, first)];
    this.messages.length = 2 * capacity;
    this.first = 0;
    this.capacity = 2 * capacity;
  }
}
