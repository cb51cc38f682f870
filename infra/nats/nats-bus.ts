import { errors, type Msg, type NatsConnection } from 'nats';
import type { Bus, BusStatus, Delivery, RequestOutcome } from '../../src/core/bus.js';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { WireMessage } from '../../src/core/messages.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import { decodeMessage, encodeMessage } from './codec.js';
import { NatsLink } from './nats-link.js';

export interface NatsBusPorts {
  readonly logger: Logger;
  readonly scheduler: Scheduler;
}

interface SharedSubscription {
  readonly handlers: Set<(delivery: Delivery) => void>;
  readonly cancel: Cancel;
}

/**
 * The bus over a NATS server. Two connections, since the server cuts a slow one with everything on it: status,
 * sessions and answers go over one, jobs, drafts, verdicts and tokens over the other.
 */
export class NatsBus implements Bus {
  private readonly control: NatsLink;
  private readonly data: NatsLink;
  private readonly statusHandlers = new Set<(status: BusStatus) => void>();
  private readonly pendingRequests = new Set<Cancel>();
  private readonly subscriptions = new Map<string, SharedSubscription>();
  private current: BusStatus = 'connected';
  private rejected = 0;

  constructor(
    private readonly ports: NatsBusPorts,
    private readonly subjectPrefix: string,
    control: NatsConnection,
    data: NatsConnection,
  ) {
    this.control = new NatsLink(control, ports.logger, () => this.updateStatus(this.control));
    this.data = new NatsLink(data, ports.logger, () => this.updateStatus(this.data));
  }

  /** For what is not a bus message: service announcements and requests from outside. */
  get controlConnection(): NatsConnection {
    return this.control.connection;
  }

  get status(): BusStatus {
    return this.current;
  }

  get rejectedMessages(): number {
    return this.rejected;
  }

  publish(subject: string, message: WireMessage): void {
    this.linkFor(subject).publish(subject, encodeMessage(message));
  }

  /** Who listens to the same subject shares one subscription: a message comes, and is decoded, once. */
  subscribe(subject: string, handler: (delivery: Delivery) => void): Cancel {
    const shared = this.subscriptions.get(subject) ?? this.open(subject);
    // A handler of its own, so that the same function may subscribe twice.
    const own = (delivery: Delivery): void => handler(delivery);
    shared.handlers.add(own);
    return () => {
      if (!shared.handlers.delete(own) || shared.handlers.size > 0) return;
      shared.cancel();
      this.subscriptions.delete(subject);
    };
  }

  private open(subject: string): SharedSubscription {
    const link = this.linkFor(subject);
    const handlers = new Set<(delivery: Delivery) => void>();
    const cancel = link.subscribe(subject, (raw) => {
      const message = this.decode(raw);
      if (message === undefined) return;
      const respond: Delivery['respond'] = (answer) => link.respond(raw, encodeMessage(answer));
      for (const handler of handlers)
        this.guard(raw.subject, () => handler({ subject: raw.subject, message, respond }));
    });
    const shared = { handlers, cancel };
    this.subscriptions.set(subject, shared);
    return shared;
  }

  request(
    subject: string,
    message: WireMessage,
    timeoutMs: number,
    onOutcome: (outcome: RequestOutcome) => void,
  ): Cancel {
    const cancelTimeout = this.ports.scheduler.schedule(timeoutMs, () => settle({ kind: 'timeout' }));
    const cancel = (): void => {
      cancelTimeout();
      this.pendingRequests.delete(cancel);
    };
    const settle = (outcome: RequestOutcome): void => {
      if (!this.pendingRequests.has(cancel)) return;
      cancel();
      this.guard(subject, () => onOutcome(outcome));
    };
    this.pendingRequests.add(cancel);
    this.control.request(
      subject,
      encodeMessage(message),
      timeoutMs,
      (raw) => {
        const answer = this.decode(raw);
        if (answer !== undefined) settle({ kind: 'reply', message: answer });
      },
      (error) => {
        if (isNoResponders(error)) settle({ kind: 'noResponders' });
        else if (!isTimeout(error))
          this.ports.logger.warn({ subject, problem: errorMessage(error) }, 'request to NATS failed');
      },
    );
    return cancel;
  }

  flush(done: () => void): void {
    this.control.flush(() => this.data.flush(done));
  }

  onStatus(handler: (status: BusStatus) => void): Cancel {
    this.statusHandlers.add(handler);
    return () => this.statusHandlers.delete(handler);
  }

  /** Sends what was published; requests that wait are dropped without an outcome. */
  async close(): Promise<void> {
    for (const cancel of this.pendingRequests) cancel();
    await Promise.all([this.control.close(), this.data.close()]);
    this.updateStatus(this.control);
  }

  private linkFor(subject: string): NatsLink {
    const at = this.subjectPrefix.length;
    return subject.startsWith('.worker.status.', at) || subject.startsWith('.worker.session.', at)
      ? this.control
      : this.data;
  }

  private decode(raw: Msg): WireMessage | undefined {
    const decoded = decodeMessage(raw.data);
    if (decoded.kind === 'message') return decoded.message;
    this.rejected++;
    this.ports.logger.warn(
      { subject: raw.subject, bytes: raw.data.length, problem: decoded.reason },
      'message rejected: it does not match its schema',
    );
    return undefined;
  }

  private updateStatus(changed: NatsLink): void {
    const links = [this.control, this.data];
    const status = links.some((link) => link.isClosed)
      ? 'closed'
      : links.every((link) => link.isUp)
        ? 'connected'
        : 'disconnected';
    if (status === this.current) return;
    this.current = status;
    this.logStatus(status, changed);
    for (const handler of this.statusHandlers) this.guard('status', () => handler(status));
  }

  /** Once for both connections, with the server of the one that changed: to whoever reads the log they are one. */
  private logStatus(status: BusStatus, changed: NatsLink): void {
    const { logger } = this.ports;
    const { server } = changed;
    const problem = this.control.closedBecause ?? this.data.closedBecause;
    if (status === 'connected') logger.info({ server }, 'connection to NATS is back');
    else if (status === 'disconnected') logger.warn({ server }, 'connection to NATS is lost');
    else if (problem !== undefined) logger.error({ problem }, 'connection to NATS is closed for good');
  }

  /** What escapes from a callback ends the reader of nats.js: the process would go deaf. */
  private guard(subject: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.ports.logger.error({ subject, problem: errorMessage(error) }, 'message lost: its handler threw');
    }
  }
}

function isNoResponders(error: unknown): boolean {
  return (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.TimeoutError;
}
