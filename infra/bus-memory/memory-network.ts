import { type Logger, silentLogger } from '../../src/core/logger.js';
import { checkMessage } from '../../src/core/message-check.js';
import type { WireMessage } from '../../src/core/messages.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';
import { deepFreeze } from './deep-freeze.js';
import { drawPassages, type MemoryBusFaults } from './faults.js';
import { MemoryEndpoint, type MemoryRoutes, type MemorySubscription } from './memory-endpoint.js';

export interface MemoryNetworkOptions {
  readonly scheduler: Scheduler;
  /** Decides every fault. Default 1. */
  readonly seed?: number;
  readonly faults?: MemoryBusFaults;
  readonly logger?: Logger;
}

/**
 * A bus inside one process: every message is checked and copied as if it had crossed a wire, and frozen, so that
 * neither publisher nor receivers can change what another sees. Messages from one endpoint to another keep their order
 * unless a fault says otherwise. Everything happens by callback through the scheduler: the same seed and the same calls
 * give the same deliveries.
 */
export class MemoryNetwork implements MemoryRoutes {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  private readonly faults: MemoryBusFaults;
  private readonly random: () => number;
  private readonly subscriptions = new Map<string, Set<MemorySubscription>>();

  constructor(options: MemoryNetworkOptions) {
    this.scheduler = options.scheduler;
    this.logger = options.logger ?? silentLogger;
    this.faults = options.faults ?? {};
    this.random = createSeededRandom(options.seed ?? 1);
  }

  /** A client of its own: it can lose its connection while others keep theirs. */
  connect(name: string): MemoryEndpoint {
    return new MemoryEndpoint(this, name);
  }

  add(subscription: MemorySubscription): void {
    const { pattern } = subscription;
    const others = this.subscriptions.get(pattern);
    if (others === undefined) this.subscriptions.set(pattern, new Set([subscription]));
    else others.add(subscription);
  }

  remove(subscription: MemorySubscription): void {
    const { pattern } = subscription;
    const others = this.subscriptions.get(pattern);
    if (others?.delete(subscription) && others.size === 0) this.subscriptions.delete(pattern);
  }

  hasReceiver(subject: string): boolean {
    return this.receivers(subject).length > 0;
  }

  send(from: MemoryEndpoint, subject: string, message: WireMessage, replyTo: string | undefined): void {
    const receivers = this.receivers(subject);
    if (receivers.length === 0) return;
    const checked = checkMessage(structuredClone(message));
    if (checked.kind === 'message') deepFreeze(checked.message);
    for (const subscription of receivers) {
      if (checked.kind === 'rejected') {
        subscription.endpoint.reject(subject, checked.reason);
        continue;
      }
      for (const passage of drawPassages(this.faults, this.random))
        subscription.endpoint.accept(from, subscription, passage, {
          subject,
          message: checked.message,
          respond: (answer) => {
            if (replyTo !== undefined) subscription.endpoint.publish(replyTo, answer);
          },
        });
    }
  }

  private receivers(subject: string): MemorySubscription[] {
    const exact = this.subscriptions.get(subject);
    const byWord = this.subscriptions.get(`${subject.slice(0, subject.lastIndexOf('.'))}.*`);
    const connected: MemorySubscription[] = [];
    for (const group of [exact, byWord])
      for (const subscription of group ?? [])
        if (subscription.endpoint.isConnected) connected.push(subscription);
    return connected;
  }
}

/** A bus with one client. */
export function createMemoryBus(options: MemoryNetworkOptions): MemoryEndpoint {
  return new MemoryNetwork(options).connect('memory');
}
