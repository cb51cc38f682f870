import { describe, expect, test } from 'vitest';
import { Outlet } from '../../../infra/gateway/outlet.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { SlowSocket } from '../../support/slow-socket.js';

function setUp(limits = { pauseBytes: 1000, cutBytes: 3000, stallMs: 10_000 }) {
  const scheduler = new VirtualScheduler();
  const socket = new SlowSocket();
  const overruns: string[] = [];
  const outlet = new Outlet({ socket, scheduler, limits, overrun: (why) => overruns.push(why) });
  const fed: string[] = [];
  /** Sends for as long as there is demand, at most `count` frames. */
  const feeder = (name: string, count: number, bytes = 100) => {
    const pull = () => {
      for (; count > 0 && outlet.ready(); count--) {
        outlet.send(name.padEnd(bytes));
        fed.push(name);
      }
    };
    outlet.watch(pull);
    pull();
  };
  return { scheduler, socket, overruns, outlet, fed, feeder };
}

describe('Outlet', () => {
  test('asks for no more above the high-water mark, and again only half-way below it', () => {
    const { socket, fed, feeder } = setUp();
    feeder('a', 1000);
    expect(fed.length).toBe(11);
    socket.read(5);
    expect(fed.length).toBe(11);
    socket.read(1);
    expect(fed.length).toBe(17);
    expect(socket.bufferedBytes).toBeLessThanOrEqual(1100);
  });

  test('gives other sockets a turn after a burst', () => {
    const { scheduler, fed, feeder } = setUp({ pauseBytes: 1e6, cutBytes: 1e7, stallMs: 10_000 });
    feeder('a', 300);
    expect(fed.length).toBe(128);
    scheduler.run({ limitMs: 0 });
    expect(fed.length).toBe(300);
  });

  test('lets the generations of one socket take turns at being first', () => {
    const { socket, fed, feeder } = setUp();
    feeder('a', 100);
    feeder('b', 100);
    for (let round = 0; round < 6; round++) socket.read();
    expect(fed.filter((name) => name === 'b').length).toBeGreaterThan(20);
    expect(fed.filter((name) => name === 'a').length).toBeGreaterThan(20);
  });

  test('reports a backlog that grows although nothing was asked for', () => {
    const { outlet, overruns } = setUp();
    for (let frame = 0; frame < 30; frame++) outlet.send('x'.repeat(100));
    expect(overruns).toEqual([]);
    outlet.send('x');
    expect(overruns).toEqual(['backlog']);
  });

  test('reports a client that takes nothing for the whole time, not one that is slow', () => {
    const { outlet, scheduler, socket, overruns } = setUp();
    outlet.send('a');
    for (let step = 0; step < 5; step++) {
      scheduler.schedule(9000, () => {});
      scheduler.run({ limitMs: scheduler.now() + 9000 });
      socket.read(1);
      outlet.send('b');
      outlet.send('c');
    }
    expect(overruns).toEqual([]);
    scheduler.run({ limitMs: scheduler.now() + 9999 });
    expect(overruns).toEqual([]);
    scheduler.run({ limitMs: 1e6 });
    expect(overruns).toEqual(['stalled']);
  });

  test('leaves no timer behind when the client has taken all, and none when closed', () => {
    const { outlet, scheduler, socket, overruns } = setUp();
    outlet.send('a');
    socket.read();
    outlet.send('b');
    outlet.close();
    scheduler.run();
    expect(overruns).toEqual([]);
  });

  test('sends nothing to a socket that is closing', () => {
    const { outlet, socket } = setUp();
    socket.terminate();
    expect(outlet.ready()).toBe(false);
    outlet.send('late');
    expect(socket.sent).toEqual([]);
  });
});
