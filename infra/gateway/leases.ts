import type { GenerationHandle } from '../../src/core/engine.js';
import type { Logger } from '../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';

interface Lease {
  readonly handle: GenerationHandle;
  followers: number;
  stopTimer: Cancel;
}

/**
 * Keeps the generations that were created here alive: while somebody follows, and `leaseMs` longer, so that a
 * client can come back. Then they are cancelled.
 */
export class Leases {
  private readonly leases = new Map<string, Lease>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly leaseMs: number,
    private readonly logger: Logger,
  ) {}

  add(handle: GenerationHandle): void {
    const lease: Lease = { handle, followers: 0, stopTimer: () => {} };
    this.leases.set(handle.id, lease);
    this.startTimer(lease);
  }

  /** Somebody follows until the returned function is called. Other doors' generations have no lease here. */
  hold(id: string): Cancel {
    const lease = this.leases.get(id);
    if (lease === undefined) return () => {};
    lease.followers += 1;
    lease.stopTimer();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      lease.followers -= 1;
      if (lease.followers > 0) return;
      if (lease.handle.log.end === undefined) this.startTimer(lease);
      else this.leases.delete(id);
    };
  }

  /** Nobody can come back: cancels all that still runs. */
  close(): void {
    for (const lease of this.leases.values()) {
      lease.stopTimer();
      if (lease.handle.log.end === undefined) lease.handle.cancel();
    }
    this.leases.clear();
  }

  private startTimer(lease: Lease): void {
    lease.stopTimer = this.scheduler.schedule(this.leaseMs, () => {
      const { handle } = lease;
      this.leases.delete(handle.id);
      if (handle.log.end !== undefined) return;
      this.logger.warn({ generation: handle.id, leaseMs: this.leaseMs }, 'abandoned generation cancelled');
      handle.cancel();
    });
  }
}
