import type { ChartBatch, ChartSource, ChartViewing } from '../../src/core/chart-frames.js';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import type { ClientSocket, ClientSocketEvents } from './client-socket.js';
import { CLOSE } from './close-codes.js';
import type { GatewayLimits } from './limits.js';
import { Outlet } from './outlet.js';
import { Peer } from './peer.js';

/** Frames that wait for a viewer: of two seconds in which much happens. */
const MOST_QUEUED = 4096;

/** Turns a batch into the frames of one viewer. */
export interface ChartFrames {
  of(batch: ChartBatch): object[];
}

interface ChartConnectionContext {
  readonly charts: ChartSource;
  readonly frames: ChartFrames;
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  readonly logger: Logger;
  /** Called once, when the socket is gone. */
  closed(): void;
}

/**
 * One viewer of state charts. It is shown what is there, then what happens; where it reads too slowly it misses some of
 * that, and is shown what is there anew.
 */
export class ChartConnection implements ClientSocketEvents {
  /** Nothing that is waited for runs here. */
  readonly active = 0;
  private readonly peer: Peer;
  private readonly outlet: Outlet;
  private readonly viewing: ChartViewing;
  private readonly queue: object[] = [];
  private seq = 0;
  private missed = false;

  constructor(
    socket: ClientSocket,
    private readonly context: ChartConnectionContext,
  ) {
    const { scheduler, limits, charts } = context;
    this.peer = new Peer({ ...context, socket });
    this.outlet = new Outlet({ socket, scheduler, limits, overrun: (why) => this.peer.cut(why) });
    this.outlet.watch(() => this.pump());
    this.viewing = charts.join((batch) => this.show(batch));
  }

  /** Viewers have nothing to say; what they say is heard as a sign of life. */
  text(): void {
    this.peer.admit();
  }

  binary(): void {
    if (this.peer.admit()) this.close(CLOSE.unsupportedData, 'frames are JSON text');
  }

  heartbeat(): void {
    this.peer.admit();
  }

  closed(code: number): void {
    this.peer.closed(code);
    this.viewing.leave();
    this.outlet.close();
    this.context.closed();
  }

  probe(): void {
    this.peer.probe();
  }

  close(code: number, reason: string): void {
    this.peer.close(code, reason);
  }

  private show(batch: ChartBatch): void {
    if (this.missed) return;
    const frames = this.context.frames.of(batch);
    // All that is there comes in one piece, however much it is: else it would never be whole.
    if (batch.afresh || this.queue.length + frames.length <= MOST_QUEUED) this.queue.push(...frames);
    else this.missed = true;
    this.pump();
  }

  private pump(): void {
    while (this.queue.length > 0 && this.outlet.ready()) this.send(this.queue.shift() as object);
    if (!this.missed || this.queue.length > 0 || !this.outlet.ready()) return;
    this.missed = false;
    this.send({ type: 'slipstream.gap' });
    this.viewing.repeat();
  }

  private send(frame: object): void {
    this.outlet.send(JSON.stringify({ seq: this.seq++, ...frame }));
  }
}
