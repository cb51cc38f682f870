import type { ActorPorts } from '../../src/core/ports.js';

/** Sessions remembered at most; of those beyond it a worker that missed the word keeps the slot until the lease ends. */
const MOST_REMEMBERED = 4096;

/** What is heard so soon after something was said may have been on its way before. Longer than a message travels. */
const CROSSING_MS = 500;

/** Said in one turn of the event loop: 10 to 20 microseconds each. */
const SAID_AT_ONCE = 128;

interface ClosedSession {
  readonly worker: string;
  readonly generation: string;
  readonly closedAtMs: number;
  saidAtMs: number;
}

/**
 * Tells workers to forget sessions, for all generations of a gateway. What is said while a connection is down is lost,
 * and a worker that missed it would keep the slot until the lease ends. So it is said again as soon as the gateway's
 * connection is back, and once more when the worker is next heard of, whose own connection may have been down: by
 * something that it said later.
 */
export class ClosedSessions {
  /** By worker and generation, in the order in which they were closed. */
  private readonly remembered = new Map<string, ClosedSession>();
  /** Of these, and of those just forgotten, what is still to be said again. */
  private readonly due = new Map<string, ClosedSession>();
  private saying = false;

  constructor(
    private readonly ports: Pick<ActorPorts, 'bus' | 'subjects' | 'scheduler'>,
    private readonly leaseMs: number,
  ) {}

  close(worker: string, generation: string): void {
    const now = this.ports.scheduler.now();
    const session = { worker, generation, closedAtMs: now, saidAtMs: now };
    this.opened(worker, generation);
    this.remembered.set(keyOf(worker, generation), session);
    this.forgetLapsed();
    this.say(session);
  }

  /** It is asked for again: to close it now would be wrong. */
  opened(worker: string, generation: string): void {
    this.remembered.delete(keyOf(worker, generation));
    this.due.delete(keyOf(worker, generation));
  }

  /** The worker is there, and so it hears what it is told now, if it was not told just before. */
  heard(worker: string): void {
    this.forgetLapsed();
    const crossingMs = this.ports.scheduler.now() - CROSSING_MS;
    for (const [key, session] of this.remembered) {
      if (session.worker !== worker || session.saidAtMs > crossingMs) continue;
      this.due.set(key, session);
      this.remembered.delete(key);
    }
    this.sayDue();
  }

  /** The gateway's connection is back; a worker's may not be yet, so nothing is forgotten. */
  reconnected(): void {
    this.forgetLapsed();
    for (const [key, session] of this.remembered) this.due.set(key, session);
    this.sayDue();
  }

  private sayDue(): void {
    if (this.saying) return;
    let said = 0;
    for (const [key, session] of this.due) {
      if (said++ === SAID_AT_ONCE) break;
      this.due.delete(key);
      this.say(session);
    }
    if (this.due.size === 0) return;
    this.saying = true;
    this.ports.scheduler.schedule(0, () => {
      this.saying = false;
      this.sayDue();
    });
  }

  private say(session: ClosedSession): void {
    const { worker, generation } = session;
    const { bus, subjects, scheduler } = this.ports;
    session.saidAtMs = scheduler.now();
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
