import type { Observable, Subscription } from 'rxjs';
import type {
  GenerationHandle,
  GenerationLog,
  GenerationRequest,
  GenerationService,
} from '../../src/core/engine.js';
import { BusyError, GenerationNotFoundError, UnavailableError } from '../../src/core/errors.js';
import type { Demand, LogEvent } from '../../src/core/log-event.js';
import { errorFrame } from './error-frame.js';
import {
  type ClientFrame,
  createdFrame,
  finishedFrame,
  parseClientFrame,
  refOf,
  type ServerFrame,
  tokenFrame,
} from './frames.js';
import type { Leases } from './leases.js';
import { Peer, type PeerContext } from './peer.js';
import { logUnknownFields } from './unknown-fields.js';
import { requestFromWire } from './wire-request.js';

/** Reads a log from behind a place, never faster than there is demand (streams: followLog). */
export type FollowLog = (log: GenerationLog, after: number, demand: Demand) => Observable<LogEvent>;

interface ConnectionContext extends PeerContext {
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly leases: Leases;
  readonly requestId: string;
  /** False while the gateway drains: nothing new is begun. */
  accepting(): boolean;
  /** Called whenever less is created or followed here than before. */
  quieter(): void;
}

/** One client: reads its frames, creates and follows generations, and survives whatever it sends. */
export class Connection extends Peer<ConnectionContext> {
  private readonly followed = new Map<string, Subscription>();
  private creating = 0;

  /** Generations being created or followed. */
  get active(): number {
    return this.creating + this.followed.size;
  }

  text(text: string): void {
    if (!this.admit()) return;
    try {
      this.handle(parseClientFrame(text));
    } catch (error) {
      this.sendError(error, { ref: refOf(text) });
    }
  }

  protected left(): void {
    for (const subscription of [...this.followed.values()]) subscription.unsubscribe();
  }

  private handle(frame: ClientFrame): void {
    switch (frame.type) {
      case 'generation.create':
        this.create(frame);
        break;
      case 'generation.resume': {
        const handle = this.find(frame.id);
        // Following again from another place replaces the old reader: each token once, counted from `after`.
        this.followed.get(frame.id)?.unsubscribe();
        this.checkRoom();
        this.follow(handle, frame.after);
        break;
      }
      case 'generation.cancel':
        this.find(frame.id).cancel();
        break;
      default:
        frame satisfies never;
    }
  }

  private create({ type: _type, ref, ...fields }: ClientFrame & { type: 'generation.create' }): void {
    if (!this.context.accepting()) throw new UnavailableError('the server is shutting down');
    this.checkRoom();
    const { request, unknown } = requestFromWire(fields);
    void this.start(request, ref, unknown);
  }

  private async start(
    request: GenerationRequest,
    ref: string | undefined,
    unknown: readonly string[],
  ): Promise<void> {
    const { service, leases } = this.context;
    this.creating += 1;
    try {
      const handle = await service.create(request);
      // From here on the lease sees to it that nothing runs for nobody, also if the client has left meanwhile.
      leases.add(handle);
      logUnknownFields(this.context.logger, unknown);
      if (!this.socket.open) return;
      this.send(createdFrame(handle, ref));
      this.follow(handle, -1);
    } catch (error) {
      this.sendError(error, { ref });
    } finally {
      this.creating -= 1;
      this.context.quieter();
    }
  }

  private follow(handle: GenerationHandle, after: number): void {
    const { id, log } = handle;
    const release = this.context.leases.hold(id);
    const subscription = this.context.follow(log, after, this.outlet).subscribe({
      next: (event) => this.forward(id, event),
      error: (error: unknown) => this.sendError(error, { id }),
    });
    this.followed.set(id, subscription);
    subscription.add(() => {
      release();
      if (this.followed.get(id) === subscription) this.followed.delete(id);
      this.context.quieter();
    });
  }

  private forward(id: string, event: LogEvent): void {
    if (event.type === 'token') this.send(tokenFrame(id, event.token));
    else if (event.end.outcome === 'failed') this.sendError(event.end.error, { id });
    else this.send(finishedFrame(id, event.end.result));
  }

  private find(id: string): GenerationHandle {
    const handle = this.context.service.find(id);
    if (handle === undefined) throw new GenerationNotFoundError(id);
    return handle;
  }

  private checkRoom(): void {
    const most = this.context.limits.generationsPerSocket;
    if (this.active >= most)
      throw new BusyError(`this connection already follows ${most} generations, the most it may`);
  }

  private send(frame: ServerFrame): void {
    this.outlet.send(JSON.stringify(frame));
  }

  private sendError(error: unknown, about: { id?: string; ref?: string | undefined }): void {
    const { logger, requestId } = this.context;
    this.send(errorFrame(error, { ...about, logger, requestId }));
  }
}
