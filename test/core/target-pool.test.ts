import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PoolClient, TargetPool } from '../../src/core/target-pool.js';

/** A generation with an open root and some speculation to hand out. */
class Client implements PoolClient {
  readonly taken: string[] = [];
  readonly homes: Set<string>;
  /** Targets that lack much of its text. */
  readonly behind = new Set<string>();
  jobsOut = 0;

  constructor(
    readonly pool: TargetPool,
    public roots: number,
    public speculation: number,
    homes: readonly string[] = [],
  ) {
    this.homes = new Set(homes);
    pool.join(this);
  }

  offer(workers: readonly string[], rootOnly: boolean): string | undefined {
    const [worker] = workers;
    if (worker === undefined) return undefined;
    if (this.roots > 0) this.roots--;
    else if (!rootOnly && this.speculation > 0) this.speculation--;
    else return undefined;
    return this.take(worker);
  }

  catchUp(workers: readonly string[]): string | undefined {
    const worker = workers.find((name) => this.behind.has(name));
    if (worker === undefined) return undefined;
    this.behind.delete(worker);
    return this.take(worker);
  }

  private take(worker: string): string {
    this.taken.push(worker);
    this.jobsOut++;
    this.pool.jobSent(worker);
    return worker;
  }

  finish(worker: string): void {
    this.jobsOut--;
    this.pool.jobOver(worker);
  }
}

describe('TargetPool', () => {
  it('gives open roots of all generations precedence over speculation', () => {
    const pool = new TargetPool();
    const greedy = new Client(pool, 1, 10);
    const modest = new Client(pool, 1, 0);
    pool.dispatch(['x', 'y']);
    expect([greedy.taken, modest.taken]).toEqual([['x'], ['y']]);
  });

  it('has targets catch up that nobody has other work for', () => {
    const pool = new TargetPool();
    const client = new Client(pool, 0, 1);
    for (const worker of ['x', 'y']) client.behind.add(worker);
    pool.dispatch(['x', 'y']);
    expect(client.taken).toEqual(['x', 'y']);
    expect([...client.behind]).toEqual(['x']);
  });

  it('deals speculation out in turn', () => {
    const pool = new TargetPool();
    const clients = [new Client(pool, 0, 9), new Client(pool, 0, 9), new Client(pool, 0, 9)];
    pool.dispatch(['1', '2', '3', '4', '5', '6']);
    expect(clients.map(({ taken }) => taken.length)).toEqual([2, 2, 2]);
  });

  it('gives a busy target to nobody but a generation that runs nothing at all', () => {
    const pool = new TargetPool();
    const first = new Client(pool, 1, 5);
    pool.dispatch(['x']);
    pool.dispatch(['x']);
    expect(first.taken).toEqual(['x']);
    const starving = new Client(pool, 1, 5);
    pool.dispatch(['x']);
    expect(starving.taken).toEqual(['x']);
    expect(pool.load('x')).toBe(2);
    pool.dispatch(['x']);
    expect(pool.load('x')).toBe(2);
  });

  it('queues a starving root where least is waiting', () => {
    const pool = new TargetPool();
    for (let i = 0; i < 3; i++) pool.jobSent('busy');
    pool.jobSent('less');
    const starving = new Client(pool, 1, 0);
    pool.dispatch(['busy', 'less']);
    expect(starving.taken).toEqual(['less']);
  });

  it('counts jobs in and out', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (steps) => {
        const pool = new TargetPool();
        const client = new Client(pool, 100, 0);
        const out: string[] = [];
        for (const send of steps) {
          if (send) {
            pool.dispatch(['x', 'y']);
            out.splice(0, out.length, ...client.taken);
          } else {
            const worker = client.taken.shift();
            if (worker !== undefined) client.finish(worker);
          }
          expect(pool.load('x') + pool.load('y')).toBe(client.jobsOut);
          expect(pool.load('x')).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('asks nobody who has left, and says who would like to use what', () => {
    const pool = new TargetPool();
    const gone = new Client(pool, 1, 1, ['x']);
    const here = new Client(pool, 0, 0, ['x', 'y']);
    expect([pool.users('x'), pool.users('y'), pool.users('z')]).toEqual([2, 1, 0]);
    pool.leave(gone);
    pool.dispatch(['x']);
    expect([pool.users('x'), gone.taken, here.taken]).toEqual([1, [], []]);
  });
});
