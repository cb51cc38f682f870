import type { ChartBatch, ChartSource, ChartViewing } from '../../src/core/chart-frames.js';
import type { ClientSocket } from './client-socket.js';
import { Peer, type PeerContext } from './peer.js';

/** Frames that wait for a viewer: of two seconds in which much happens. */
const MOST_QUEUED = 4096;

/** Turns a batch into the frames of one viewer. */
export interface ChartFrames {
  of(batch: ChartBatch): object[];
}

interface ChartConnectionContext extends PeerContext {
  readonly charts: ChartSource;
  readonly frames: ChartFrames;
}

/**
 * One viewer of state charts. It is shown what is there, then what happens; where it reads too slowly it misses some of
 * that, and is shown what is there anew.
 */
export class ChartConnection extends Peer<ChartConnectionContext> {
  /** Nothing that is waited for runs here. */
  readonly active = 0;
  private readonly viewing: ChartViewing;
  private readonly queue: object[] = [];
  private seq = 0;
  private missed = false;

  constructor(socket: ClientSocket, context: ChartConnectionContext) {
    super(socket, context);
    this.outlet.watch(() => this.pump());
    this.viewing = context.charts.join((batch) => this.show(batch));
  }

  /** Viewers have nothing to say; what they say is heard as a sign of life. */
  text(): void {
    this.admit();
  }

  protected left(): void {
    this.viewing.leave();
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
