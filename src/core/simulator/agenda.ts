import { Heap } from './heap.js';
import { Lane } from './lane.js';

/**
 * Discrete-event time, as `VirtualScheduler` keeps it: of what is due at the same instant, first comes what was entered
 * first. What always comes the same time later needs no heap: it is due in the order in which it was entered.
 */
export class Agenda<Message> {
  nowMs: number;
  /** What is due now: a message; or, where there is none, the number of what is to be woken. */
  message: Message | undefined = undefined;
  wake = 0;
  private orders = 0;
  private readonly turns = new Lane<Message>();
  private readonly mail: Lane<Message>;
  private readonly heap = new Heap<Message>();

  /** `mailMs`: what `post` takes, at least 0. */
  constructor(
    private readonly mailMs: number,
    startMs: number,
  ) {
    this.nowMs = startMs;
    this.mail = mailMs === 0 ? this.turns : new Lane<Message>();
  }

  /** Delivers a message after the fixed time that messages take. */
  post(message: Message): void {
    this.mail.push(this.nowMs + this.mailMs, this.orders++, 0, message);
  }

  /** Delivers a message, or wakes, at a time from now on. */
  at(atMs: number, wake: number, message?: Message): void {
    this.heap.push(atMs, this.orders++, wake, message);
  }

  /** Wakes when everything has come up that is due by now. */
  soon(wake: number): void {
    this.turns.push(this.nowMs, this.orders++, wake, undefined);
  }

  /** Nothing else is due at this instant. */
  get isQuiet(): boolean {
    return this.turns.isEmpty && this.mail.atMs > this.nowMs && this.heap.atMs > this.nowMs;
  }

  /** Goes on to what is due next. False: nothing ever will be. */
  next(): boolean {
    const { turns, mail, heap } = this;
    let first: Lane<Message> | Heap<Message> = heap;
    if (isDueBefore(mail, first)) first = mail;
    if (isDueBefore(turns, first)) first = turns;
    const { atMs } = first;
    if (atMs === Number.POSITIVE_INFINITY) return false;
    this.nowMs = atMs;
    this.message = first.message;
    this.wake = first.wake;
    first.drop();
    return true;
  }
}

interface Queue {
  readonly atMs: number;
  readonly order: number;
}

function isDueBefore(a: Queue, b: Queue): boolean {
  const { atMs } = a;
  return atMs < b.atMs || (atMs === b.atMs && a.order < b.order);
}
