import type { Logger } from '../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { ClientSocket } from './client-socket.js';
import { CLOSE } from './close-codes.js';
import type { GatewayLimits } from './limits.js';
import { RateLimit } from './rate-limit.js';

/** How long a client may take to answer a close frame before it is cut. */
const CLOSE_HANDSHAKE_MS = 2000;

interface PeerOptions {
  readonly socket: ClientSocket;
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  readonly logger: Logger;
}

/** The other end of a WebSocket, as far as it must be kept in bounds: whether it lives, how much it says, how it goes. */
export class Peer {
  private readonly frames: RateLimit;
  private heard = true;
  private stopCloseTimer: Cancel | undefined;

  constructor(private readonly options: PeerOptions) {
    const { scheduler, limits } = options;
    this.frames = new RateLimit(() => scheduler.now(), limits.framesPerSecond, 2 * limits.framesPerSecond);
  }

  /** Called with everything that it sends: whether that is worth reading. */
  admit(): boolean {
    const { socket, limits } = this.options;
    this.heard = true;
    if (!socket.open) return false;
    if (this.frames.take()) return true;
    this.close(CLOSE.policyViolation, `more than ${limits.framesPerSecond} frames a second`);
    return false;
  }

  /** Called once per ping interval: cuts a peer that was silent throughout, else asks for a sign of life. */
  probe(): void {
    const { socket } = this.options;
    if (!this.heard) this.cut('dead peer');
    this.heard = false;
    if (socket.open) socket.ping();
  }

  close(code: number, reason: string): void {
    const { socket, scheduler } = this.options;
    socket.close(code, reason);
    this.stopCloseTimer ??= scheduler.schedule(CLOSE_HANDSHAKE_MS, () => socket.terminate());
  }

  cut(why: string): void {
    const { socket, logger } = this.options;
    logger.warn({ why, bufferedBytes: socket.bufferedBytes }, 'websocket cut');
    socket.terminate();
  }

  /** The socket is gone. */
  closed(code: number): void {
    this.options.logger.debug({ code }, 'websocket closed');
    this.stopCloseTimer?.();
  }
}
