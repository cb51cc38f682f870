import type { MsgHdrs } from 'nats';
import type { Demand } from '../../../src/core/log-event.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import type { ErrorFrame, ServerFrame } from '../../gateway/frames.js';
import type { EdgeLine } from './edge-line.js';
import { serviceErrorHeaders } from './service-error.js';

/** Frames handed over before the server has taken those before them. */
const BURST = 128;
/** How often it is asked whether the requester still listens, while frames go there. */
const PROBE_MS = 1000;
const NOTHING = new Uint8Array();

/**
 * Who asked over NATS: the way out to its reply subject. Not ready while the connection is lost, since what is published
 * then is lost as well.
 */
export class Requester implements Demand {
  private readonly watchers = new Set<() => void>();
  private readonly probe: { readonly reply: string; readonly stop: Cancel };
  private readonly stopWatching: Cancel;
  private unflushed = 0;
  private flushing = false;
  private probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly line: EdgeLine,
    private readonly scheduler: Scheduler,
    private readonly subject: string,
    /** Nobody listens there any more. */
    gone: () => void,
  ) {
    this.probe = line.probe(gone);
    this.stopWatching = line.watch(() => this.changed());
  }

  send(frame: ServerFrame): void {
    const now = this.scheduler.now();
    const asks = now - this.probedAtMs >= PROBE_MS;
    if (asks) this.probedAtMs = now;
    this.publish(JSON.stringify(frame), asks ? { reply: this.probe.reply } : {});
  }

  /** The last frame of an answer that failed. */
  fail(frame: ErrorFrame): void {
    this.publish(JSON.stringify(frame), { headers: serviceErrorHeaders(frame) });
    this.end();
  }

  /** Ends the answer, with a message without content. */
  end(): void {
    this.line.link.publish(this.subject, NOTHING);
    this.close();
  }

  close(): void {
    this.probe.stop();
    this.stopWatching();
    this.watchers.clear();
  }

  ready(): boolean {
    return this.line.link.isUp && this.unflushed < BURST;
  }

  watch(changed: () => void): Cancel {
    const watcher = () => changed();
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private publish(text: string, options: { reply?: string; headers?: MsgHdrs }): void {
    this.line.link.publish(this.subject, Buffer.from(text), options);
    this.unflushed++;
    if (this.unflushed < BURST || this.flushing) return;
    this.flushing = true;
    const flushed = () => {
      this.flushing = false;
      this.unflushed = 0;
      this.changed();
    };
    this.line.link.connection.flush().then(flushed, flushed);
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
