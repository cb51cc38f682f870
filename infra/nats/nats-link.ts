import { type Msg, type NatsConnection, PermissionViolationError, type PublishOptions } from 'nats';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { Cancel } from '../../src/core/scheduler.js';

/** nats.js writes what has gathered at once when it is more than this. */
const GATHERED_BYTES = 32 * 1024;

const MOST_REFUSED = 1024;

/** One connection to NATS: what is particular to nats.js stays here. */
export class NatsLink {
  private up = true;
  private problem: string | undefined;
  private lastServer: string;
  private bytesSinceFlush = 0;
  private readonly encrypted: boolean;
  /** Subjects that the server lately refused to publish to. */
  private readonly refused = new Set<string>();

  constructor(
    readonly connection: NatsConnection,
    private readonly logger: Logger,
    private readonly onChange: () => void,
  ) {
    const { info } = connection;
    this.lastServer = connection.getServer();
    this.encrypted = info?.tls_required === true || info?.tls_available === true;
    void this.followStatus();
    void connection.closed().then((error) => {
      this.up = false;
      if (error !== undefined) this.problem = errorMessage(error);
      onChange();
    });
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Address of the one it is connected to, or was until it was lost. */
  get server(): string {
    return this.lastServer;
  }

  get isClosed(): boolean {
    return this.connection.isClosed();
  }

  /** Why it is closed, where nobody asked for that. */
  get closedBecause(): string | undefined {
    return this.problem;
  }

  /** Loses the message, with a log line, when it is larger than the server takes. */
  publish(subject: string, data: Uint8Array, options?: PublishOptions): void {
    if (!this.up || !this.fits(subject, data)) return;
    this.bytesSinceFlush += data.length;
    this.connection.publish(subject, data, options);
  }

  respond(to: Msg, data: Uint8Array): void {
    if (to.reply) this.publish(to.reply, data);
  }

  /** The answer, or undefined when nobody subscribes; waits for ever when the answer is lost. */
  request(
    subject: string,
    data: Uint8Array,
    timeoutMs: number,
    onAnswer: (answer: Msg) => void,
    onFailure: (error: unknown) => void,
  ): void {
    if (!this.up || !this.fits(subject, data)) return;
    this.bytesSinceFlush += data.length;
    this.connection.request(subject, data, { timeout: Math.max(1, timeoutMs) }).then(onAnswer, onFailure);
  }

  subscribe(subject: string, onMessage: (message: Msg) => void): Cancel {
    if (this.isClosed) return () => {};
    const subscription = this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) this.logger.error({ subject, problem: error.message }, 'NATS ended a subscription');
        else onMessage(message);
      },
    });
    return () => subscription.unsubscribe();
  }

  /**
   * nats.js hands publishes to the socket in a microtask, and a plain socket gives them to the system at once: so
   * a later microtask is late enough. TLS and what the system does not take at once need more turns of the event
   * loop, how many is not known: there the server's answer is awaited.
   */
  flush(done: () => void): void {
    const simple = !this.encrypted && this.bytesSinceFlush < GATHERED_BYTES;
    this.bytesSinceFlush = 0;
    if (!this.up || simple) queueMicrotask(done);
    else this.connection.flush().then(done, done);
  }

  /** Whether the server has refused what was published there and flushed: it says so beside the answer. */
  async mayNotPublish(subject: string): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.refused.delete(subject);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    if (this.up) await this.connection.flush().catch(() => {});
    await this.connection.close();
  }

  private fits(subject: string, data: Uint8Array): boolean {
    const limitBytes = this.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (data.length <= limitBytes) return true;
    this.logger.error(
      { subject, bytes: data.length, limitBytes },
      'message lost: larger than the NATS server takes (max_payload)',
    );
    return false;
  }

  private async followStatus(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.change(false, status.server);
      else if (status.type === 'reconnect') this.change(true, status.server);
      else if (status.type === 'error') {
        this.noteRefusal(status.error);
        this.logger.error({ problem: status.error.message }, 'NATS server reports an error');
      }
    }
  }

  private noteRefusal(error: Error): void {
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return;
    if (this.refused.size >= MOST_REFUSED) this.refused.clear();
    this.refused.add(error.subject);
  }

  private change(up: boolean, server: string): void {
    this.up = up;
    this.lastServer = server;
    this.onChange();
  }
}
