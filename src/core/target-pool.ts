/** A generation as the pool sees it. */
export interface PoolClient {
  /**
   * Offers the idle targets. Takes at most one (sends it a job) and names it; undefined: nothing to do now.
   * With `rootOnly` it takes one only for a root that waits for a verdict nobody is computing.
   */
  offer(idle: readonly string[], rootOnly: boolean): string | undefined;
}

/**
 * What each target runs for all generations of this gateway. Idle targets go to open roots first, then to
 * speculation; among equals to the generation that was served longest ago.
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

  jobSent(worker: string): void {
    this.outstanding.set(worker, (this.outstanding.get(worker) ?? 0) + 1);
  }

  jobOver(worker: string): void {
    const left = (this.outstanding.get(worker) ?? 0) - 1;
    if (left > 0) this.outstanding.set(worker, left);
    else this.outstanding.delete(worker);
  }

  isIdle(worker: string): boolean {
    return !this.outstanding.has(worker);
  }

  /** Hands idle targets out until nobody takes one. `workers`: targets that are up. */
  dispatch(workers: Iterable<string>): void {
    if (this.dispatching) return;
    this.dispatching = true;
    try {
      const idle = [...workers].filter((worker) => this.isIdle(worker));
      if (idle.length === 0) return;
      this.handOut(idle, true);
      this.handOut(idle, false);
    } finally {
      this.dispatching = false;
    }
  }

  private handOut(idle: string[], rootOnly: boolean): void {
    let taken = true;
    while (taken && idle.length > 0) {
      taken = false;
      for (const client of [...this.clients]) {
        const worker = client.offer(idle, rootOnly);
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
