import { beforeEach, describe, expect, test } from 'vitest';
import { ChartConnection } from '../../../infra/gateway/chart-connection.js';
import { compileLimits } from '../../../infra/gateway/limits.js';
import type { ChartBatch, ChartSource } from '../../../src/core/chart-frames.js';
import { silentLogger } from '../../../src/core/logger.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { SlowSocket } from '../../support/slow-socket.js';

interface Sent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
}

class ScriptedCharts implements ChartSource {
  show: (batch: ChartBatch) => void = () => {};
  repeats = 0;
  viewers = 0;

  join(show: (batch: ChartBatch) => void) {
    this.show = show;
    this.viewers++;
    return {
      repeat: () => {
        this.repeats++;
      },
      leave: () => {
        this.viewers--;
      },
    };
  }

  events(count: number, afresh = false): void {
    const frames = Array.from({ length: count }, () => ({
      ...{ kind: 'event' as const, actor: 'x:0', event: { type: 'go' } },
      atMs: 0,
    }));
    this.show({ process: 'p', afresh, gap: false, gone: false, frames });
  }
}

describe('a viewer of charts', () => {
  let scheduler: VirtualScheduler;
  let socket: SlowSocket;
  let charts: ScriptedCharts;
  let connection: ChartConnection;
  let closed: number;

  beforeEach(() => {
    scheduler = new VirtualScheduler();
    socket = new SlowSocket();
    charts = new ScriptedCharts();
    closed = 0;
    connection = new ChartConnection(socket, {
      charts,
      frames: { of: ({ frames }) => frames.map(({ kind }) => JSON.stringify({ type: kind })) },
      scheduler,
      limits: compileLimits({ pauseBytes: 2000, cutBytes: 8000 }),
      logger: silentLogger,
      closed: () => closed++,
    });
  });

  const sent = () => socket.sent.map((text) => JSON.parse(text) as Sent);
  const pump = () => {
    for (let turn = 0; turn < 300; turn++) {
      socket.read();
      scheduler.run({ limitMs: scheduler.now() });
    }
  };

  test('is sent frame after frame, counted from 0', () => {
    charts.events(2);
    charts.events(1);
    expect(sent()).toEqual([0, 1, 2].map((seq) => ({ seq, id: `${seq}`, type: 'event' })));
  });

  test('that reads slowly is sent no more than it reads, and nothing is left out of what is held for it', () => {
    charts.events(300);
    expect(socket.sent.length).toBeLessThan(100);
    pump();
    expect(sent().map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, seq) => seq));
    expect(charts.repeats).toBe(0);
  });

  test('that reads too slowly misses something, is told so, and shown what is there anew', () => {
    for (let i = 0; i < 30; i++) charts.events(300);
    expect(charts.repeats).toBe(0);
    pump();
    expect(socket.sent.length).toBeLessThanOrEqual(4097);
    expect(sent().at(-1)?.type).toBe('slipstream.gap');
    expect(charts.repeats).toBe(1);
    charts.events(1, true);
    expect(sent().at(-1)?.type).toBe('event');
  });

  test('gets all that is there, however much it is', () => {
    charts.events(10_000, true);
    pump();
    expect(socket.sent).toHaveLength(10_000);
  });

  test('is no viewer any more when it has left', () => {
    expect(charts.viewers).toBe(1);
    connection.closed(1000);
    expect([charts.viewers, closed]).toEqual([0, 1]);
  });
});
