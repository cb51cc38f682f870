import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { GatewayOptions } from '../../../infra/gateway/gateway.js';
import type { StreamClient } from '../../support/stream-client.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
afterEach(() => house.stop());

async function start(options: Partial<GatewayOptions> = {}): Promise<void> {
  house = await startTestGateway(options);
}

/** Proves that the gateway still serves, over a socket that was open all along. */
async function serves(client: StreamClient): Promise<void> {
  const id = await client.create();
  const generation = house.service.find(id);
  generation?.log.append('fine');
  generation?.complete();
  await client.frame('generation.finished', (frame) => frame.id === id);
}

const handshake = (path = '/v1/stream') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';

function raw(): Socket {
  const socket = connect(house.gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

test.each([
  ['a binary frame', (client: StreamClient) => client.socket.send(Buffer.from('{}')), 1003],
  [
    'text that is not UTF-8',
    (client: StreamClient) => client.socket.send(Buffer.from([0xc3, 0x28]), { binary: false }),
    1007,
  ],
  ['a message of more than 256 KiB', (client: StreamClient) => client.socket.send('x'.repeat(300_000)), 1009],
  [
    'more frames than the limit',
    (client: StreamClient) => {
      for (let frame = 0; frame < 101; frame++) client.socket.send('{}');
    },
    1008,
  ],
  [
    'more pings than the limit',
    async (client: StreamClient) => {
      // One after the other: ws itself cuts a client that lets many pongs queue.
      for (let ping = 0; ping < 100; ping++) {
        client.socket.ping();
        await once(client.socket, 'pong');
      }
      client.socket.ping();
    },
    1008,
  ],
])('%s closes its own socket with the right code and no other', async (_what, misbehave, code) => {
  await start();
  const [bad, good] = [await house.connect(), await house.connect()];
  await misbehave(bad);
  expect(await bad.closed).toMatchObject({ code });
  await serves(good);
});

test('what comes behind the frame that closed a socket is not acted upon', async () => {
  await start();
  const client = await house.connect();
  client.socket.send(Buffer.from('{}'));
  client.socket.send(JSON.stringify({ type: 'generation.create', prompt: 'p' }));
  await client.closed;
  expect(house.service.requests).toEqual([]);
});

test('a message of 256 KiB passes', async () => {
  await start();
  const client = await house.connect();
  const frame = (prompt: string) => JSON.stringify({ type: 'generation.create', prompt });
  client.socket.send(frame('x'.repeat(256 * 1024 - frame('').length)));
  await client.frame('generation.created');
});

test('raw bytes after the handshake end their own connection at most', async () => {
  await start();
  const good = await house.connect();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (bytes) => {
      const socket = raw();
      socket.write(handshake());
      await once(socket, 'data');
      const closed = once(socket, 'close');
      socket.end(bytes);
      socket.resume();
      await closed;
    }),
    { numRuns: 40 },
  );
  await serves(good);
});

test('a client that resets in the middle of the handshake is survived', async () => {
  await start();
  const good = await house.connect();
  for (const text of [handshake(), handshake('/nowhere'), handshake().slice(0, 60)]) {
    const socket = raw();
    await once(socket, 'connect');
    socket.write(text);
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  await serves(good);
});

test('fuzz: whatever JSON it is sent, a socket answers with an error frame and stays', async () => {
  await start({ limits: { framesPerSecond: 100_000 } });
  const client = await house.connect();
  const type = fc.constantFrom('generation.create', 'generation.resume', 'generation.cancel', 'token', null);
  const frame = fc.oneof(
    fc.json(),
    fc
      .record(
        {
          type,
          id: fc.jsonValue(),
          after: fc.jsonValue(),
          prompt: fc.oneof(fc.constant(''), fc.constant(0), fc.constant([])),
          temperature: fc.jsonValue(),
          stop: fc.jsonValue(),
          logit_bias: fc.jsonValue(),
          speculative: fc.jsonValue(),
        },
        { requiredKeys: ['type', 'prompt'] },
      )
      .map((value) => JSON.stringify(value)),
  );
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(frame, async (text) => {
      client.socket.send(text);
      answers += 1;
      await client.frame('error', (error) => client.frames.indexOf(error) === answers - 1);
    }),
    { numRuns: 150 },
  );
  expect(client.frames.every(({ type }) => type === 'error')).toBe(true);
  await serves(client);
});

test('a client that stops reading is pulled for no further, disturbs nobody, and is cut in the end', async () => {
  await start({ limits: { framesPerSecond: 100_000 } });
  const [slow, good] = [await house.connect(), await house.connect()];
  const id = await slow.create();
  const generation = house.service.find(id);
  if (generation === undefined) throw new Error('not created');
  slow.socket.pause();
  // 40 MB of frames; the system's socket buffers take a few.
  const text = 'x'.repeat(10_000);
  for (let step = 0; step < 4_000; step++) generation.log.append(text);
  good.send({ type: 'generation.resume', id, after: 3_500 });
  await good.frame('token', ({ seq }) => seq === 3_999);
  expect(generation.log.watcherCount).toBe(2);
  // The good client has its last frame; one turn later the gateway knows that it was taken.
  await nextTurn();

  house.scheduler.advance(10_000);
  await generation.log.watchedBy(1);
  await serves(good);
  slow.socket.resume();
  expect(await slow.closed).toMatchObject({ code: 1006 });
  const received = slow.tokens(id).map(({ seq }) => seq);
  expect(received.length).toBeLessThan(2_000);
  expect(received).toEqual(received.map((_, index) => index));
  generation.complete();

  const back = await house.connect();
  back.send({ type: 'generation.resume', id, after: received.length - 1 });
  await back.frame('generation.finished');
  expect(back.tokens(id).length).toBe(4_000 - received.length);
});

test('a client that asks much and reads nothing is cut at 1 MiB', async () => {
  await start({ limits: { framesPerSecond: 100_000 } });
  const [slow, good] = [await house.connect(), await house.connect()];
  slow.socket.pause();
  const names = { id: 'x'.repeat(64), ref: 'y'.repeat(64) };
  const request = JSON.stringify({ type: 'generation.resume', after: 0, ...names });
  // It reads nothing, so it learns of its end when it can write no more.
  while (slow.socket.readyState === slow.socket.OPEN)
    await new Promise((resolve) => slow.socket.send(request, resolve));
  await serves(good);
});

test('a peer that answers no ping is dead after two of them; one that answers lives', async () => {
  await start({ limits: { pingMs: 20_000 } });
  const live = await house.connect();
  const dead = await house.connect({ autoPong: false });
  const pinged = [live, dead].map(({ socket }) => once(socket, 'ping'));
  house.scheduler.advance(20_000);
  await Promise.all(pinged);
  // The pong that was sent before this frame has arrived when the frame is answered.
  live.send({});
  await live.frame('error');
  house.scheduler.advance(20_000);
  expect(await dead.closed).toMatchObject({ code: 1006 });
  await serves(live);
});

test('connections beyond the limit are told to come later, and may when others leave', async () => {
  await start({ limits: { connections: 2 } });
  const first = await house.connect();
  await house.connect();
  await expect(house.connect()).rejects.toThrow('refused: 503');
  await first.close();
  await house.connect();
});

test.each([
  ['headers', 'GET /health HTTP/1.1\r\nHost: localhost\r\n'],
  ['a body', 'POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'],
  ['nothing', ''],
])('any number of connections with half of %s keep nobody out', async (_what, half) => {
  await start({ limits: { connections: 2, headersTimeoutMs: 600_000 } });
  const good = await house.connect();
  house.service.script = (generation) => generation.complete();
  const sockets = Array.from({ length: 200 }, raw);
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'connect');
      if (half !== '') socket.write(half);
    }),
  );
  expect((await fetch(`${house.gateway.url}/health`)).status).toBe(200);
  const request = { method: 'POST', body: JSON.stringify({ prompt: 'p' }) };
  expect((await fetch(`${house.gateway.url}/v1/completions`, request)).status).toBe(200);
  await serves(good);
  for (const socket of sockets) socket.destroy();
});

test('a request takes a place when it is whole, and is told when there is none', async () => {
  await start({ limits: { connections: 1 } });
  const socket = raw();
  socket.write('POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n{"prompt"');
  const { status } = await fetch(`${house.gateway.url}/v1/completions`, { method: 'POST', body: '{}' });
  expect(status).toBe(400);
  await house.connect();
  socket.write(':"p"}');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 429 .*"code":"busy"/s);
  socket.destroy();
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
