import type { MsgHdrs } from 'nats';
import type { Demand } from '../../../src/core/log-event.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import type { ErrorFrame, ServerFrame } from '../../gateway/frames.js';
import type { EdgeLine } from './edge-line.js';
import { serviceErrorHeaders } from './service-error.js';

/** Frames handed over before the server has taken those before them. */
const BURST = 128;
/** How often it is asked whether the requester listens: while frames go there, and while it does not. */
const PROBE_MS = 1000;
/** A connection that was lost comes back sooner. */
const GONE_MS = 60_000;
const NOTHING = new Uint8Array();

export interface RequesterEvents {
  /** Nobody listens there, for now. */
  readonly away: () => void;
  readonly back: () => void;
  /** Nobody has listened there for a minute. */
  readonly gone: () => void;
}

/**
 * Who asked over NATS: the way out to its reply subject. Now and then, and first of all when the connection is back, a
 * frame asks whether anybody listens, and those after it wait for the answer: so what nobody would hear is kept. Not ready
 * either while the connection is lost, since what is published then is lost as well.
 */
export class Requester implements Demand {
  private readonly watchers = new Set<() => void>();
  private readonly probe: { readonly reply: string; readonly stop: Cancel };
  private readonly stopWatching: Cancel;
  private unflushed = 0;
  private flushing = false;
  private probedAtMs = Number.NEGATIVE_INFINITY;
  private unheard = false;
  private closed = false;
  private awaySinceMs: number | undefined;
  private stopRetry: Cancel = () => {};

  constructor(
    private readonly line: EdgeLine,
    private readonly scheduler: Scheduler,
    private readonly subject: string,
    private readonly events: RequesterEvents,
  ) {
    this.probe = line.probe(() => {
      this.unheard = true;
    });
    this.stopWatching = line.watch(() => {
      this.probedAtMs = Number.NEGATIVE_INFINITY;
      this.changed();
    });
  }

  send(frame: ServerFrame): void {
    const data = Buffer.from(JSON.stringify(frame));
    if (this.scheduler.now() - this.probedAtMs >= PROBE_MS) this.ask(data);
    else this.publish(data);
  }

  /** The last frame of an answer that failed. */
  fail(frame: ErrorFrame): void {
    this.publish(Buffer.from(JSON.stringify(frame)), { headers: serviceErrorHeaders(frame) });
    this.end();
  }

  /** Ends the answer, with a message without content. */
  end(): void {
    this.line.link.publish(this.subject, NOTHING);
    this.close();
  }

  close(): void {
    this.closed = true;
    this.stopRetry();
    this.probe.stop();
    this.stopWatching();
    this.watchers.clear();
  }

  ready(): boolean {
    return this.line.link.isUp && !this.flushing && this.awaySinceMs === undefined;
  }

  watch(changed: () => void): Cancel {
    const watcher = () => changed();
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private publish(data: Uint8Array, options: { reply?: string; headers?: MsgHdrs } = {}): void {
    this.line.link.publish(this.subject, data, options);
    if (++this.unflushed === BURST) this.flush(() => this.changed());
  }

  /** Publishes a frame, again until somebody hears it: that nobody does the server says before it answers the flush. */
  private ask(data: Uint8Array): void {
    this.probedAtMs = this.scheduler.now();
    this.unheard = !this.line.link.isUp;
    this.line.link.publish(this.subject, data, { reply: this.probe.reply });
    this.flush((answered) => {
      if (this.unheard || !answered) this.retry(data);
      else if (this.awaySinceMs !== undefined) {
        this.awaySinceMs = undefined;
        this.events.back();
      }
      this.changed();
    });
  }

  private retry(data: Uint8Array): void {
    const now = this.scheduler.now();
    if (this.awaySinceMs === undefined) {
      this.awaySinceMs = now;
      this.events.away();
    }
    if (now - this.awaySinceMs >= GONE_MS) this.events.gone();
    else this.stopRetry = this.scheduler.schedule(PROBE_MS, () => this.ask(data));
  }

  private flush(done: (answered: boolean) => void): void {
    this.flushing = true;
    const flushed = (answered: boolean) => {
      this.flushing = false;
      this.unflushed = 0;
      if (!this.closed) done(answered);
    };
    this.line.link.connection.flush().then(
      () => flushed(true),
      () => flushed(false),
    );
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
