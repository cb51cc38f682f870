import { rootPathHash } from './path-hash.js';

/** A generation as the pool sees it. */
export interface PoolClient {
  /**
   * Offers targets. Takes at most one (sends it a job) and names it; undefined: nothing to do now.
   * With `rootOnly` it takes one only for a root that waits for a verdict nobody is computing.
   */
  offer(workers: readonly string[], rootOnly: boolean): string | undefined;
  /** The same for targets that nobody has other work for: takes one that was wanted but is behind, to make it catch up. */
  catchUp(workers: readonly string[]): string | undefined;
  /** Jobs of this generation that are out and decide something. */
  readonly jobsOut: number;
  /** The targets it would like to work with. */
  readonly homes: ReadonlySet<string>;
}

/**
 * What each target runs for all generations of this gateway. Idle targets go to open roots first, then to speculation,
 * then to ingesting what they lack; among equals to the generation that was served longest ago. A generation that runs
 * nothing anywhere may queue its root on a busy target, which takes roots first: nobody starves while others keep targets
 * busy.
 */
export class TargetPool {
  private readonly outstanding = new Map<string, number>();
  private clients = new Set<PoolClient>();
  private dispatching = false;

  join(client: PoolClient): void {
    this.clients.add(client);
  }

  leave(client: PoolClient): void {
    this.clients.delete(client);
  }

  /** Generations that run. */
  get generations(): number {
    return this.clients.size;
  }

  jobSent(worker: string): void {
    this.outstanding.set(worker, (this.outstanding.get(worker) ?? 0) + 1);
  }

  jobOver(worker: string): void {
    const left = (this.outstanding.get(worker) ?? 0) - 1;
    if (left > 0) this.outstanding.set(worker, left);
    else this.outstanding.delete(worker);
  }

  /** Jobs of this gateway that are out on a target. */
  load(worker: string): number {
    return this.outstanding.get(worker) ?? 0;
  }

  /** Generations that work with a target or would like to. */
  users(worker: string): number {
    let users = 0;
    for (const { homes } of this.clients) if (homes.has(worker)) users++;
    return users;
  }

  /** Hands idle targets out until nobody takes one. `workers`: targets that are up. */
  dispatch(workers: Iterable<string>): void {
    if (this.dispatching) return;
    this.dispatching = true;
    try {
      const up = [...workers];
      const idle = up.filter((worker) => this.load(worker) === 0);
      this.handOut(idle, (client) => client.offer(idle, true));
      this.handOut(idle, (client) => client.offer(idle, false));
      this.handOut(idle, (client) => client.catchUp(idle));
      this.queueStarving(up);
    } finally {
      this.dispatching = false;
    }
  }

  private queueStarving(workers: string[]): void {
    for (const client of [...this.clients]) {
      if (client.jobsOut > 0) continue;
      const byLoad = workers.toSorted((a, b) => this.load(a) - this.load(b));
      byLoad.find((worker) => client.offer([worker], true) !== undefined);
    }
  }

  private handOut(idle: string[], offer: (client: PoolClient) => string | undefined): void {
    let taken = true;
    while (taken && idle.length > 0) {
      taken = false;
      for (const client of [...this.clients]) {
        const worker = offer(client);
        if (worker === undefined) continue;
        idle.splice(idle.indexOf(worker), 1);
        this.clients.delete(client);
        this.clients.add(client);
        taken = true;
        if (idle.length === 0) break;
      }
    }
  }
}

/**
 * Decides between workers that are worth the same to a generation, in another order for each: gateways that do not know
 * of each other spread their generations all the same.
 */
export function lotOf(generation: string, worker: string): string {
  return rootPathHash(`${generation} ${worker}`);
}
