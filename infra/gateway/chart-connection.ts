import type { ChartBatch, ChartSource, ChartViewing } from '../../src/core/chart-frames.js';
import type { ClientSocket } from './client-socket.js';
import { Peer, type PeerContext } from './peer.js';

/** Frames that wait for a viewer: of two seconds in which much happens. */
const MOST_QUEUED = 4096;

/** Turns a batch into the frames of its viewers: JSON objects, not empty, to which each viewer's numbers are added. */
export interface ChartFrames {
  of(batch: ChartBatch): readonly string[];
}

const GAP = JSON.stringify({ type: 'slipstream.gap' });

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
  private readonly queue: string[] = [];
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
    while (this.queue.length > 0 && this.outlet.ready()) this.send(this.queue.shift() as string);
    if (!this.missed || this.queue.length > 0 || !this.outlet.ready()) return;
    this.missed = false;
    this.send(GAP);
    this.viewing.repeat();
  }

  private send(frame: string): void {
    const seq = this.seq++;
    this.outlet.send(`{"seq":${seq},"id":"${seq}",${frame.slice(1)}`);
  }
}
