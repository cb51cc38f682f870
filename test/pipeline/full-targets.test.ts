import { describe, expect, it } from 'vitest';
import {
  createVirtualCluster,
  type VirtualCluster,
  type VirtualGeneration,
} from '../support/virtual-cluster.js';

type Gateway = ReturnType<VirtualCluster['openGateway']>;

/** A target with one slot, and two gateways that use it. */
function start(options: { targets?: number; slots?: number; lossRate?: number; seed?: number } = {}) {
  const { targets = 1, slots = 1, lossRate = 0, seed = 1 } = options;
  const cluster = createVirtualCluster({
    targets,
    targetMs: 20,
    slots,
    seed,
    patienceMs: 5000,
    faults: { delayMs: 0.5, lossRate },
  });
  const other = cluster.openGateway('other');
  cluster.runFor(1500);
  return { ...cluster, other };
}

const short = { mode: 'none', maxTokens: 15 } as const;

/** One generation after another from one gateway until `waiting` has a token; how many began after it and ended before. */
function overtakers(cluster: VirtualCluster, from: Gateway | undefined, begin: () => VirtualGeneration) {
  let current = cluster.generate(short, from);
  cluster.runFor(100);
  const waiting = begin();
  const hasBegun = () => waiting.log.tokens.length > 0 || waiting.log.end !== undefined;
  // The last one to begin has not ended before.
  let overtaken = -1;
  while (overtaken < 50 && !hasBegun()) {
    const ended = () => current.log.end !== undefined || hasBegun();
    cluster.scheduler.run({ until: ended, limitMs: cluster.scheduler.now() + 20_000 });
    if (hasBegun()) break;
    current = cluster.generate(short, from);
    overtaken++;
  }
  expect(waiting.log.tokens.length).toBeGreaterThan(0);
  return overtaken;
}

describe('a generation that finds every slot taken', () => {
  it('is overtaken by nobody of its own gateway', () => {
    const cluster = start();
    expect(overtakers(cluster, undefined, () => cluster.generate(short))).toBe(0);
  });

  it('is overtaken by nobody of another gateway', () => {
    const cluster = start();
    expect(overtakers(cluster, cluster.other, () => cluster.generate(short))).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6])('is overtaken by few where messages are lost, with seed %i', (seed) => {
    const cluster = start({ lossRate: 0.1, seed });
    expect(overtakers(cluster, cluster.other, () => cluster.generate(short))).toBeLessThan(5);
  });

  it('has the slot as soon as it is free, in the order in which it came', () => {
    const cluster = start();
    const first = cluster.generate({ mode: 'none', maxTokens: 200 });
    cluster.runFor(100);
    const waiting: VirtualGeneration[] = [];
    for (const gateway of [undefined, cluster.other, undefined, cluster.other]) {
      waiting.push(cluster.generate(short, gateway));
      cluster.runFor(100);
    }
    let before = first;
    for (const next of waiting) {
      cluster.finish(before);
      const freeAtMs = cluster.scheduler.now();
      cluster.scheduler.run({ until: () => next.log.tokens.length > 0, limitMs: freeAtMs + 1000 });
      // Closed, announced, asked for, granted, ready, the first job: a prompt's pass, and then its own.
      expect(cluster.scheduler.now() - freeAtMs).toBeLessThan(50);
      before = next;
    }
  });

  it('keeps it from others for some seconds at most when its gateway dies', () => {
    const cluster = start();
    const first = cluster.generate({ mode: 'none', maxTokens: 100 });
    cluster.runFor(100);
    cluster.generate(short, cluster.other);
    cluster.runFor(100);
    cluster.other.bus.disconnect();
    const next = cluster.generate(short);
    cluster.finish(first);
    const freeAtMs = cluster.scheduler.now();
    expect(cluster.finish(next).outcome).toBe('completed');
    expect(cluster.scheduler.now() - freeAtMs).toBeLessThan(6000);
  });

  it.each(['cancelled', 'served elsewhere'])('keeps none from others when it is %s', (what) => {
    const cluster = start({ targets: 2 });
    const [long, shorter] = [
      cluster.generate({ mode: 'none', maxTokens: 150 }),
      cluster.generate({ mode: 'none', maxTokens: 100 }),
    ];
    cluster.runFor(100);
    const waiting = cluster.generate({ mode: 'none', maxTokens: 300 }, cluster.other);
    cluster.runFor(100);
    if (what === 'cancelled') waiting.cancel();
    else {
      cluster.finish(shorter);
      cluster.runFor(100);
      expect(waiting.log.tokens.length).toBeGreaterThan(0);
    }
    const next = cluster.generate(short);
    const wanted = what === 'cancelled' ? shorter : long;
    cluster.finish(wanted);
    const freeAtMs = cluster.scheduler.now();
    cluster.scheduler.run({ until: () => next.log.tokens.length > 0, limitMs: freeAtMs + 5000 });
    expect(cluster.scheduler.now() - freeAtMs).toBeLessThan(50);
  });

  it('has no patience to lose while others are served', () => {
    const cluster = start();
    const first = cluster.generate({ mode: 'none', maxTokens: 1000 });
    cluster.runFor(100);
    const second = cluster.generate(short);
    cluster.finish(first);
    expect(cluster.finish(second).outcome).toBe('completed');
  });
});
