import { describe, expect, it } from 'vitest';
import type { MemoryBusFaults } from '../../../infra/bus-memory/faults.js';
import { createMemoryBus, MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import type { Logger } from '../../../src/core/logger.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { MessageOf } from '../../../src/core/messages.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { committed } from '../bus-contract.js';

const subject = 'dsi.v1.generation.tokens.g1';

/** Publishes `count` messages, one a millisecond, and tells what arrived when. */
function arrivals(faults: MemoryBusFaults, seed = 1, count = 200): { seq: number; atMs: number }[] {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler, seed, faults });
  const speaker = network.connect('speaker');
  const heard: { seq: number; atMs: number }[] = [];
  network.connect('listener').subscribe(subject, ({ message }) => {
    heard.push({ seq: (message as MessageOf<'token.committed'>).seq, atMs: scheduler.now() });
  });
  for (let seq = 0; seq < count; seq++)
    scheduler.schedule(seq, () => speaker.publish(subject, committed(seq)));
  scheduler.run();
  return heard;
}

describe('memory network', () => {
  it('does the same again with the same seed, and something else with another', () => {
    const faults = {
      delayMs: (random: () => number) => 3 * random(),
      lossRate: 0.1,
      duplicationRate: 0.1,
      reorderRate: 0.2,
    };
    expect(arrivals(faults, 7)).toEqual(arrivals(faults, 7));
    expect(arrivals(faults, 7)).not.toEqual(arrivals(faults, 8));
  });

  it('takes the given time, and keeps the order when that varies', () => {
    expect(arrivals({ delayMs: 2.5 }, 1, 2)).toEqual([
      { seq: 0, atMs: 2.5 },
      { seq: 1, atMs: 3.5 },
    ]);
    const seqs = arrivals({ delayMs: (random) => 20 * random() }).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 200 }, (_, seq) => seq));
  });

  it('loses, doubles and reorders about as many as asked', () => {
    const lost = 200 - arrivals({ lossRate: 0.25 }).length;
    expect(lost).toBeGreaterThan(25);
    expect(lost).toBeLessThan(80);
    const doubled = arrivals({ duplicationRate: 0.25 }).length - 200;
    expect(doubled).toBeGreaterThan(25);
    expect(doubled).toBeLessThan(80);
    const seqs = arrivals({ reorderRate: 0.25, reorderMs: 8 }).map(({ seq }) => seq);
    expect(seqs.filter((seq, i) => seq < (seqs[i - 1] ?? -1)).length).toBeGreaterThan(10);
    expect([...seqs].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, seq) => seq));
  });

  it('loses what is sent or under way while an endpoint is disconnected, and nothing of the others', () => {
    const scheduler = new VirtualScheduler();
    const network = new MemoryNetwork({ scheduler, faults: { delayMs: 5 } });
    const speaker = network.connect('speaker');
    const listener = network.connect('listener');
    const heard: number[] = [];
    const other: number[] = [];
    const statuses: string[] = [];
    listener.onStatus((status) => statuses.push(status));
    listener.subscribe(subject, ({ message }) => heard.push((message as MessageOf<'token.committed'>).seq));
    network
      .connect('other')
      .subscribe(subject, ({ message }) => other.push((message as MessageOf<'token.committed'>).seq));
    const at = (ms: number, task: () => void): unknown => scheduler.schedule(ms, task);
    at(0, () => speaker.publish(subject, committed(0)));
    at(8, () => speaker.publish(subject, committed(1)));
    at(10, () => listener.disconnect());
    at(11, () => speaker.publish(subject, committed(2)));
    at(12, () => listener.publish(subject, committed(99)));
    at(30, () => listener.reconnect());
    at(31, () => speaker.publish(subject, committed(3)));
    scheduler.run();
    expect(heard).toEqual([0, 3]);
    expect(other).toEqual([0, 1, 2, 3]);
    expect(statuses).toEqual(['disconnected', 'connected']);
  });

  it('answers nobody who asks while disconnected, and says so when the time is over', () => {
    const scheduler = new VirtualScheduler();
    const bus = createMemoryBus({ scheduler });
    bus.subscribe(subject, (delivery) => delivery.respond(committed(0)));
    bus.disconnect();
    const outcomes: string[] = [];
    bus.request(subject, committed(1), 50, ({ kind }) => outcomes.push(`${kind} ${scheduler.now()}`));
    scheduler.run();
    expect(outcomes).toEqual(['timeout 50']);
  });

  it('lets neither publisher nor receiver change what another sees', () => {
    const scheduler = new VirtualScheduler();
    const problems: object[] = [];
    const logger: Logger = { ...silentLogger, error: (data) => problems.push(data) };
    const bus = createMemoryBus({ scheduler, logger });
    const proposal: MessageOf<'draft.proposed'> = {
      type: 'draft.proposed',
      generation: 'g1',
      worker: 'w1',
      epoch: 0,
      parentHash: '0123456789abcdef',
      position: 4,
      ids: [1, 2],
      confidences: [200, 100],
      exhausted: false,
      startedAtMs: 1.5,
      forwardMs: 2.5,
    };
    const seen: number[][] = [];
    bus.subscribe(subject, ({ message }) => {
      (message as MessageOf<'draft.proposed'>).ids.push(3);
    });
    bus.subscribe(subject, ({ message }) => seen.push((message as MessageOf<'draft.proposed'>).ids));
    bus.publish(subject, proposal);
    proposal.ids.push(9);
    scheduler.run();
    expect(seen).toEqual([[1, 2]]);
    expect(problems).toHaveLength(1);
  });
});
