import type { Logger } from '../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { ClientSocket, ClientSocketEvents } from './client-socket.js';
import { CLOSE } from './close-codes.js';
import type { GatewayLimits } from './limits.js';
import { Outlet } from './outlet.js';
import { RateLimit } from './rate-limit.js';

/** How long a client may take to answer a close frame before it is cut. */
const CLOSE_HANDSHAKE_MS = 2000;

export interface PeerContext {
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  readonly logger: Logger;
  /** Called once, when the socket is gone. */
  closed(): void;
}

/**
 * The other end of a WebSocket, as far as it must be kept in bounds: whether it lives, how much it says, how fast it
 * reads, how it goes. What is said to it and what it says is for those who extend this.
 */
export abstract class Peer<Context extends PeerContext> implements ClientSocketEvents {
  protected readonly outlet: Outlet;
  private readonly frames: RateLimit;
  private heard = true;
  private stopCloseTimer: Cancel | undefined;

  constructor(
    protected readonly socket: ClientSocket,
    protected readonly context: Context,
  ) {
    const { scheduler, limits } = context;
    this.outlet = new Outlet({ socket, scheduler, limits, overrun: (why) => this.cut(why) });
    this.frames = new RateLimit(() => scheduler.now(), limits.framesPerSecond, 2 * limits.framesPerSecond);
  }

  /** Work for it that a drain waits for. */
  abstract readonly active: number;

  abstract text(text: string): void;

  /** Nothing more can be said to it. */
  protected abstract left(): void;

  binary(): void {
    if (this.admit()) this.close(CLOSE.unsupportedData, 'frames are JSON text');
  }

  heartbeat(): void {
    this.admit();
  }

  closed(code: number): void {
    this.context.logger.debug({ code }, 'websocket closed');
    this.stopCloseTimer?.();
    this.outlet.close();
    this.left();
    this.context.closed();
  }

  /** Called with everything that it sends: whether that is worth reading. */
  protected admit(): boolean {
    const { socket, context } = this;
    this.heard = true;
    if (!socket.open) return false;
    if (this.frames.take()) return true;
    this.close(CLOSE.policyViolation, `more than ${context.limits.framesPerSecond} frames a second`);
    return false;
  }

  /** Called once per ping interval: cuts a peer that was silent throughout, else asks for a sign of life. */
  probe(): void {
    const { socket } = this;
    if (!this.heard) this.cut('dead peer');
    this.heard = false;
    if (socket.open) socket.ping();
  }

  close(code: number, reason: string): void {
    const { socket, context } = this;
    socket.close(code, reason);
    this.stopCloseTimer ??= context.scheduler.schedule(CLOSE_HANDSHAKE_MS, () => socket.terminate());
  }

  private cut(why: string): void {
    const { socket, context } = this;
    context.logger.warn({ why, bufferedBytes: socket.bufferedBytes }, 'websocket cut');
    socket.terminate();
  }
}
