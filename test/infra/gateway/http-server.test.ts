import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../infra/gateway/answer.js';
import { answerAndEnd } from '../../../infra/gateway/answer-and-end.js';
import { openHttpServer } from '../../../infra/gateway/http-server.js';
import type { Serve } from '../../../infra/gateway/respond.js';
import { silentLogger } from '../../../src/core/logger.js';

const STALL_MS = 100;
/** More than any socket takes at once. */
const LONG: Answer = { status: 200, body: 'x'.repeat(20_000_000) };

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** A server that answers by path, and the connections' ends that are its own. */
async function start(answers: Readonly<Record<string, Answer | Serve>>) {
  const sockets: Socket[] = [];
  const answering = { requestId: 'r', stallMs: STALL_MS };
  const server = await openHttpServer({
    ...{ host: '127.0.0.1', port: 0, connections: 10, headersTimeoutMs: 10_000, stallMs: STALL_MS },
    logger: silentLogger,
    newRequestId: () => 'r',
    answer: ({ socket, url = '' }) => {
      sockets.push(socket);
      return answers[url] ?? { status: 404, body: '' };
    },
    headers: () => ({}),
    upgrade: (_request, socket) => {
      sockets.push(socket as Socket);
      answerAndEnd(socket, LONG, answering);
    },
  });
  close = () => server.close();
  return { sockets, port: server.address.port };
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

/** A client that reads nothing. */
function write(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write(text);
  return socket;
}

describe('a client that takes nothing of its answer', () => {
  it.each([
    ['given at once', get('/long')],
    ['given later', get('/later')],
    ['to a WebSocket', get('/long', UPGRADE)],
  ])('is cut, where that was one %s', async (_what, request) => {
    const later: Serve = async (exchange) => exchange.answer(LONG);
    const { sockets, port } = await start({ '/long': LONG, '/later': later });
    const client = write(port, request);
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await once(sockets[0] as Socket, 'close');
    client.destroy();
  });
});

it('a connection whose answer was taken is not cut while the next is made', async () => {
  const short: Answer = { status: 200, body: 'short' };
  let made: () => void = () => {};
  const waits = new Promise<void>((resolve) => (made = resolve));
  const later: Serve = async (exchange) => {
    await waits;
    exchange.answer(short);
  };
  const { sockets, port } = await start({ '/short': short, '/later': later });
  const client = write(port, get('/short') + get('/later', 'Connection: close\r\n'));
  let text = '';
  for await (const part of client) {
    text += part;
    if (!text.endsWith('short') || text.match(/HTTP/g)?.length !== 1) continue;
    expect(sockets[1]?.timeout).toBeFalsy();
    made();
  }
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
});
