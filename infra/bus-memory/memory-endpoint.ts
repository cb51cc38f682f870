import type { Bus, BusStatus, Delivery, RequestOutcome } from '../../src/core/bus.js';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { WireMessage } from '../../src/core/messages.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { Passage } from './faults.js';

export interface MemorySubscription {
  readonly endpoint: MemoryEndpoint;
  readonly pattern: string;
  readonly handler: (delivery: Delivery) => void;
}

/** What an endpoint needs of its network. */
export interface MemoryRoutes {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  add(subscription: MemorySubscription): void;
  remove(subscription: MemorySubscription): void;
  hasReceiver(subject: string): boolean;
  /** `replyTo` is the subject that answers go to. */
  send(from: MemoryEndpoint, subject: string, message: WireMessage, replyTo: string | undefined): void;
}

interface Arrival {
  due: boolean;
  readonly deliver: () => void;
}

/** One client of a memory network. */
export class MemoryEndpoint implements Bus {
  private current: BusStatus = 'connected';
  /** Counts disconnections: what was under way to an earlier connection is lost. */
  private connection = 0;
  private requests = 0;
  private rejected = 0;
  private readonly subscriptions = new Set<MemorySubscription>();
  private readonly pendingRequests = new Set<Cancel>();
  private readonly statusHandlers = new Set<(status: BusStatus) => void>();
  /** Per sender, what has not been delivered yet, in the order in which it was sent. */
  private readonly arrivals = new Map<MemoryEndpoint, Arrival[]>();

  constructor(
    private readonly network: MemoryRoutes,
    readonly name: string,
  ) {}

  get status(): BusStatus {
    return this.current;
  }

  get isConnected(): boolean {
    return this.current === 'connected';
  }

  get rejectedMessages(): number {
    return this.rejected;
  }

  publish(subject: string, message: WireMessage): void {
    if (this.isConnected) this.network.send(this, subject, message, undefined);
  }

  subscribe(pattern: string, handler: (delivery: Delivery) => void): Cancel {
    const subscription: MemorySubscription = { endpoint: this, pattern, handler };
    if (this.status === 'closed') return () => {};
    this.subscriptions.add(subscription);
    this.network.add(subscription);
    return () => {
      this.subscriptions.delete(subscription);
      this.network.remove(subscription);
    };
  }

  request(
    subject: string,
    message: WireMessage,
    timeoutMs: number,
    onOutcome: (outcome: RequestOutcome) => void,
  ): Cancel {
    const { scheduler } = this.network;
    const inbox = `_INBOX.${this.name}.${this.requests++}`;
    const unsubscribe = this.subscribe(inbox, (delivery) =>
      settle({ kind: 'reply', message: delivery.message }),
    );
    const cancelTimeout = scheduler.schedule(timeoutMs, () => settle({ kind: 'timeout' }));
    let cancelNoResponders: Cancel | undefined;
    const cancel = (): void => {
      unsubscribe();
      cancelTimeout();
      cancelNoResponders?.();
      this.pendingRequests.delete(cancel);
    };
    const settle = (outcome: RequestOutcome): void => {
      cancel();
      this.guard(subject, () => onOutcome(outcome));
    };
    this.pendingRequests.add(cancel);
    if (this.isConnected) {
      if (this.network.hasReceiver(subject)) this.network.send(this, subject, message, inbox);
      else cancelNoResponders = scheduler.schedule(0, () => settle({ kind: 'noResponders' }));
    }
    return cancel;
  }

  flush(done: () => void): void {
    this.network.scheduler.schedule(0, done);
  }

  onStatus(handler: (status: BusStatus) => void): Cancel {
    this.statusHandlers.add(handler);
    return () => this.statusHandlers.delete(handler);
  }

  /** Loses the connection: nothing is sent or received until `reconnect`; subscriptions are kept. */
  disconnect(): void {
    if (this.status !== 'connected') return;
    this.connection++;
    this.arrivals.clear();
    this.changeStatus('disconnected');
  }

  reconnect(): void {
    if (this.status === 'disconnected') this.changeStatus('connected');
  }

  /** Ends subscriptions and drops requests that wait, without an outcome. */
  async close(): Promise<void> {
    if (this.status === 'closed') return;
    this.connection++;
    this.arrivals.clear();
    for (const subscription of this.subscriptions) this.network.remove(subscription);
    this.subscriptions.clear();
    for (const cancel of this.pendingRequests) cancel();
    this.changeStatus('closed');
  }

  /** Called by the network: a copy of a message is on its way to this endpoint. */
  accept(from: MemoryEndpoint, to: MemorySubscription, passage: Passage, delivery: Delivery): void {
    const { connection } = this;
    const { scheduler } = this.network;
    const deliver = (): void => {
      if (this.connection === connection && this.subscriptions.has(to))
        this.guard(delivery.subject, () => to.handler(delivery));
    };
    if (passage.overtakable) {
      scheduler.schedule(passage.delayMs, deliver);
      return;
    }
    const queue = this.arrivals.get(from) ?? [];
    this.arrivals.set(from, queue);
    const arrival: Arrival = { due: false, deliver };
    queue.push(arrival);
    scheduler.schedule(passage.delayMs, () => {
      arrival.due = true;
      while (queue[0]?.due) queue.shift()?.deliver();
    });
  }

  /** Called by the network: what was sent is no message. */
  reject(subject: string, problem: string): void {
    this.rejected++;
    this.network.logger.warn(
      { endpoint: this.name, subject, problem },
      'message rejected: it does not match its schema',
    );
  }

  private changeStatus(status: BusStatus): void {
    this.current = status;
    for (const handler of this.statusHandlers)
      this.network.scheduler.schedule(0, () => {
        if (this.statusHandlers.has(handler)) handler(status);
      });
  }

  /** A handler that throws loses its message only. */
  private guard(subject: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.network.logger.error(
        { endpoint: this.name, subject, problem: errorMessage(error) },
        'message lost: its handler threw',
      );
    }
  }
}
