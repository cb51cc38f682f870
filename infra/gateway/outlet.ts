import type { Demand } from '../../src/core/log-event.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { ClientSocket } from './client-socket.js';
import type { GatewayLimits } from './limits.js';

/** Events handed over before other sockets get their turn: about a millisecond of work. */
const BURST = 128;

/** What is needed of whatever leads to a client. */
export type OutletSocket = Pick<ClientSocket, 'bufferedBytes' | 'open' | 'send'>;

interface OutletOptions {
  readonly socket: OutletSocket;
  readonly scheduler: Scheduler;
  readonly limits: Pick<GatewayLimits, 'pauseBytes' | 'cutBytes' | 'stallMs'>;
  /** The client does not read: cut it. */
  readonly overrun: (why: 'backlog' | 'stalled') => void;
}

/**
 * The way out to one client. A socket takes whatever is sent and queues it in memory without end, so this
 * tells those who feed it when to wait (`Demand`) and gives up on a client that takes nothing.
 */
export class Outlet implements Demand {
  private readonly watchers = new Set<() => void>();
  private paused = false;
  private sentThisTurn = 0;
  private unsentFrames = 0;
  private tookAtMs = 0;
  private stopNextTurn: Cancel | undefined;
  private stopStallTimer: Cancel | undefined;

  constructor(private readonly options: OutletOptions) {}

  send(text: string): void {
    const { socket, scheduler, limits } = this.options;
    if (!socket.open) return;
    if (this.unsentFrames === 0) this.tookAtMs = scheduler.now();
    this.unsentFrames += 1;
    this.sentThisTurn += 1;
    socket.send(text, this.flushed);
    if (socket.bufferedBytes > limits.cutBytes) {
      this.options.overrun('backlog');
      return;
    }
    if (socket.bufferedBytes > limits.pauseBytes) this.paused = true;
    if (this.sentThisTurn >= BURST) this.stopNextTurn ??= scheduler.schedule(0, this.nextTurn);
    if (this.unsentFrames > 0) this.stopStallTimer ??= scheduler.schedule(limits.stallMs, this.checkStall);
  }

  ready(): boolean {
    return this.options.socket.open && !this.paused && this.sentThisTurn < BURST;
  }

  watch(changed: () => void): Cancel {
    const watcher = () => changed();
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  close(): void {
    this.stopNextTurn?.();
    this.stopStallTimer?.();
    this.watchers.clear();
  }

  private readonly flushed = (): void => {
    const { socket, scheduler, limits } = this.options;
    this.unsentFrames -= 1;
    this.tookAtMs = scheduler.now();
    // Half-way down, not just below the mark: else every flush would pull a single frame.
    if (!this.paused || socket.bufferedBytes > limits.pauseBytes / 2) return;
    this.paused = false;
    this.wake();
  };

  private readonly nextTurn = (): void => {
    this.stopNextTurn = undefined;
    this.sentThisTurn = 0;
    this.wake();
  };

  /** The first in line goes to its end, so that a long replay does not starve the other generations of a socket. */
  private wake(): void {
    const [first] = this.watchers;
    if (first === undefined) return;
    for (const watcher of [...this.watchers]) if (this.watchers.has(watcher)) watcher();
    if (this.watchers.delete(first)) this.watchers.add(first);
  }

  private readonly checkStall = (): void => {
    this.stopStallTimer = undefined;
    if (this.unsentFrames === 0) return;
    const { scheduler, limits } = this.options;
    const leftMs = this.tookAtMs + limits.stallMs - scheduler.now();
    if (leftMs <= 0) this.options.overrun('stalled');
    else this.stopStallTimer = scheduler.schedule(leftMs, this.checkStall);
  };
}
