import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { OpenConnections } from '../../../infra/gateway/open-connections.js';

const serving = new Set<Socket>();
let dropped: Socket[];
let connections: OpenConnections;

beforeEach(() => {
  serving.clear();
  dropped = [];
  connections = new OpenConnections({
    most: 3,
    serves: (socket) => serving.has(socket),
    dropped: (socket) => dropped.push(socket),
  });
});

/** A connection that has come in. */
function open(remoteAddress = 'here'): Socket {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    destroy: () => socket.emit('close'),
  }) as unknown as Socket;
  connections.add(socket);
  return socket;
}

describe('connections beyond the most there may be', () => {
  it('take the place of the one that was not answered for longest', () => {
    const [first, second] = [open(), open(), open()];
    connections.answered(first);
    open();
    expect(dropped).toEqual([second]);
  });

  it('take it from the address that has most that serve nobody', () => {
    const [, second] = [open('patient'), open('greedy'), open('greedy')];
    open('patient');
    expect(dropped).toEqual([second]);
  });

  it('never take that of one that serves, and are dropped where all do', () => {
    const [first, second, third] = [open(), open(), open()];
    serving.add(first).add(third);
    const fourth = open();
    expect(dropped).toEqual([second]);
    serving.add(fourth);
    const fifth = open();
    expect(dropped).toEqual([second, fifth]);
    // What was refused is forgotten: there is room again when another ends.
    third.destroy();
    open();
    expect(dropped).toHaveLength(2);
  });

  it('are new: one that is heard of twice is one', () => {
    const [first] = [open(), open(), open()];
    connections.add(first);
    expect(dropped).toEqual([]);
  });
});
