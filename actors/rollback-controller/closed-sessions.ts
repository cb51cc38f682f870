import type { ActorPorts } from '../../src/core/ports.js';

/** Sessions remembered at most; of those beyond it a worker that missed the word keeps the slot until the lease ends. */
const MOST_REMEMBERED = 4096;

interface ClosedSession {
  readonly worker: string;
  readonly generation: string;
  readonly closedAtMs: number;
}

/**
 * Tells workers to forget sessions, for all generations of a gateway. What is said while a connection is down is lost,
 * and a worker that missed it would keep the slot until the lease ends. So it is said again as soon as the gateway's
 * connection is back, and once more when the worker is next heard of, whose own connection may have been down.
 */
export class ClosedSessions {
  /** By worker and generation, in the order in which they were closed. */
  private readonly remembered = new Map<string, ClosedSession>();

  constructor(
    private readonly ports: Pick<ActorPorts, 'bus' | 'subjects' | 'scheduler'>,
    private readonly leaseMs: number,
  ) {}

  close(worker: string, generation: string): void {
    const session = { worker, generation, closedAtMs: this.ports.scheduler.now() };
    this.remembered.delete(keyOf(worker, generation));
    this.remembered.set(keyOf(worker, generation), session);
    this.forgetLapsed();
    this.say(session);
  }

  /** It is asked for again: to close it now would be wrong. */
  opened(worker: string, generation: string): void {
    this.remembered.delete(keyOf(worker, generation));
  }

  /** The worker is there, and so it hears what it is told now. */
  heard(worker: string): void {
    this.forgetLapsed();
    for (const [key, session] of this.remembered) {
      if (session.worker !== worker) continue;
      this.say(session);
      this.remembered.delete(key);
    }
  }

  /** The gateway's connection is back; a worker's may not be yet, so nothing is forgotten. */
  reconnected(): void {
    this.forgetLapsed();
    for (const session of this.remembered.values()) this.say(session);
  }

  private say({ worker, generation }: ClosedSession): void {
    const { bus, subjects } = this.ports;
    bus.publish(subjects.workerSession(worker), { type: 'session.close', generation });
  }

  private forgetLapsed(): void {
    const lapsedAtMs = this.ports.scheduler.now() - this.leaseMs;
    for (const [key, { closedAtMs }] of this.remembered) {
      if (closedAtMs >= lapsedAtMs && this.remembered.size <= MOST_REMEMBERED) return;
      this.remembered.delete(key);
    }
  }
}

function keyOf(worker: string, generation: string): string {
  return `${worker} ${generation}`;
}
