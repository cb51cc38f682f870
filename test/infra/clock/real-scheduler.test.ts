import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';

const scheduler = createRealScheduler();
const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => scheduler.schedule(delayMs, resolve));

describe('real scheduler', () => {
  it('tells milliseconds since the epoch, with fractions, and never goes back', () => {
    let last = scheduler.now();
    expect(Math.abs(last - Date.now())).toBeLessThan(1000);
    const differences = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const now = scheduler.now();
      expect(now).toBeGreaterThanOrEqual(last);
      differences.add((now - last) % 1);
      last = now;
    }
    expect(differences.size).toBeGreaterThan(1);
  });

  it('never runs a task early', async () => {
    for (const delayMs of [0.3, 1, 1.7, 2.99, 5.5]) {
      const startMs = scheduler.now();
      await pause(delayMs);
      expect(scheduler.now() - startMs).toBeGreaterThanOrEqual(delayMs);
    }
  });

  it('never runs a task synchronously, and never one that was cancelled', async () => {
    const ran: string[] = [];
    for (const delayMs of [0, 1]) {
      const cancel = scheduler.schedule(delayMs, () => ran.push('cancelled'));
      scheduler.schedule(delayMs, () => ran.push('kept'));
      cancel();
      cancel();
    }
    scheduler.schedule(0, () => {
      const cancelInTask = scheduler.schedule(0, () => ran.push('cancelled'));
      scheduler.schedule(0, () => ran.push('kept'));
      cancelInTask();
    });
    expect(ran).toEqual([]);
    await vi.waitFor(() => expect(ran).toEqual(['kept', 'kept', 'kept']));
    await pause(5);
    expect(ran).toEqual(['kept', 'kept', 'kept']);
  });

  it('cancels a task of delay 0 whose first turn is over', async () => {
    const ran: string[] = [];
    const cancel = scheduler.schedule(0, () => ran.push('cancelled'));
    await new Promise((resolve) => setImmediate(resolve));
    cancel();
    await pause(2);
    expect(ran).toEqual([]);
  });

  it('waits for delays longer than a timer can be', async () => {
    let ran = false;
    const cancel = scheduler.schedule(2 ** 31 + 1000, () => {
      ran = true;
    });
    await pause(20);
    cancel();
    expect(ran).toBe(false);
  });

  describe('delay 0', () => {
    const server = createServer();
    let sender: Socket;
    let receiver: Socket;
    let trigger: Socket;
    let triggered: Socket;
    let received = 0;

    beforeAll(async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const pair = async (): Promise<[Socket, Socket]> => {
        const there = connect((server.address() as { port: number }).port, '127.0.0.1');
        const [here] = (await once(server, 'connection')) as [Socket];
        await once(there, 'ready');
        return [there.setNoDelay(true), here];
      };
      [sender, receiver] = await pair();
      [trigger, triggered] = await pair();
      receiver.on('data', (chunk) => {
        received += chunk.length;
      });
    });
    afterAll(() => {
      for (const socket of [sender, receiver, trigger, triggered]) socket.destroy();
      server.close();
    });

    /** Bytes that a task sees which is scheduled right after they have come to this process's socket. */
    function seenByTask(): Promise<number> {
      received = 0;
      sender.write('x');
      return new Promise((resolve) => scheduler.schedule(0, () => resolve(received)));
    }

    it('comes after messages that wait, when scheduled in a callback of another socket', async () => {
      for (let i = 0; i < 20; i++) {
        const seen = once(triggered, 'data').then(() => undefined);
        const result = new Promise<number>((resolve) =>
          triggered.once('data', () => void seenByTask().then(resolve)),
        );
        trigger.write('go');
        await seen;
        expect(await result).toBe(1);
      }
    });

    it('comes after messages that wait, when scheduled in a task, an immediate or a timer', async () => {
      for (let i = 0; i < 20; i++) {
        const result = (enter: (task: () => void) => unknown): Promise<number> =>
          new Promise((resolve) => enter(() => void seenByTask().then(resolve)));
        expect(await result((task) => scheduler.schedule(0, task))).toBe(1);
        expect(await result((task) => scheduler.schedule(1, task))).toBe(1);
        expect(await result(setImmediate)).toBe(1);
        expect(await result(setTimeout)).toBe(1);
      }
    });
  });
});
