import { createInbox } from 'nats';
import type { Logger } from '../../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import type { NatsConnectionOptions } from '../connection-options.js';
import { dialAs } from '../dial.js';
import { NatsLink } from '../nats-link.js';

/** What the server says to whom a message was published for, when nobody subscribes to its subject. */
const NO_RESPONDERS = 503;

/**
 * The connection that requests from outside come over, and answers to them leave by: one of its own, since the server cuts
 * a slow connection with everything on it.
 */
export class EdgeLine {
  private readonly watchers = new Set<() => void>();
  private readonly probed = new Map<string, () => void>();
  private readonly inbox: string;
  private probes = 0;

  private constructor(
    readonly link: NatsLink,
    inboxPrefix: string | undefined,
  ) {
    this.inbox = createInbox(inboxPrefix);
    link.subscribe(`${this.inbox}.*`, (message) => {
      if (message.headers?.code === NO_RESPONDERS) this.probed.get(message.subject)?.();
    });
  }

  /** Throws NatsUnavailableError, as `dialAs` does. */
  static async open(
    options: NatsConnectionOptions,
    ports: { readonly logger: Logger; readonly scheduler: Scheduler },
  ): Promise<EdgeLine> {
    const connection = await dialAs('edge', options, ports.scheduler);
    const line: EdgeLine = new EdgeLine(
      new NatsLink(connection, ports.logger, () => line.changed()),
      options.inboxPrefix,
    );
    return line;
  }

  /**
   * A subject to give as a message's reply subject: `unheard` is called when such a message met nobody who listens. Who
   * listens need not answer.
   */
  probe(unheard: () => void): { readonly reply: string; readonly stop: Cancel } {
    const reply = `${this.inbox}.${++this.probes}`;
    this.probed.set(reply, unheard);
    return { reply, stop: () => this.probed.delete(reply) };
  }

  /** Calls back when the connection is lost, and when it is back. */
  watch(changed: () => void): Cancel {
    const watcher = () => changed();
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
