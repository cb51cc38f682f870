import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type GatewayOptions, startGateway } from '../../../infra/gateway/gateway.js';
import { checkListenAddress } from '../../../infra/gateway/listen.js';
import { SystemError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { followLog } from '../../../streams/follow-log.js';
import { FakeGenerationService } from '../../support/fake-generation-service.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
afterEach(() => house.stop());

async function start(options: Partial<GatewayOptions> = {}): Promise<void> {
  house = await startTestGateway(options);
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const outgoing = request({ port: house.gateway.port, host: '127.0.0.1', path, headers, method }).end();
  const [response] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text && JSON.parse(text) };
}

/** Sends bytes over a bare connection; all that comes back until it ends. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(house.gateway.port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('metrics', () => {
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' };
  const read = async (key?: string) => {
    const response = await fetch(`${house.gateway.url}/metrics`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };

  test('are text for whoever may ask', async () => {
    await start({ metrics, keys: ['long-enough'] });
    expect(await read('long-enough')).toEqual({ status: 200, type: metrics.contentType, text: 'up 1\n' });
    expect(await read()).toMatchObject({ status: 401 });
  });

  test('that cannot be told are an error of the server', async () => {
    await start({ metrics: { ...metrics, text: () => Promise.reject(new Error('secret')) } });
    const { status, text } = await read();
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
  });

  test('are nowhere unless there are some', async () => {
    await start();
    expect(await read()).toMatchObject({ status: 404 });
  });
});

describe('plain HTTP', () => {
  test('health tells whether the engine is ready', async () => {
    await start();
    const body = { status: 'ready', model: 'scripted', targets: 2, drafters: 1, running: 0, waiting: 0 };
    const reply = await ask('/health');
    expect(reply).toMatchObject({ status: 200, body });
    expect(reply.body).toMatchObject({
      event_loop_delay: { p99_ms: expect.any(Number), max_ms: expect.any(Number) },
    });
    expect(reply.headers).toMatchObject({
      'x-request-id': 'request-0',
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    house.service.status = 'no_target';
    expect(await ask('/health?x')).toMatchObject({ status: 503, body: { ...body, status: 'no_target' } });
    expect(await ask('/health', {}, 'HEAD')).toMatchObject({ status: 503, body: '' });
  });

  test.each([
    ['/', 'GET', 404, 'not_found'],
    ['/v1/stream/x', 'GET', 404, 'not_found'],
    ['/v1/stream', 'GET', 426, 'upgrade_required'],
    ['/health', 'DELETE', 405, 'method_not_allowed'],
  ])('%s by %s is %d', async (path, method, status, code) => {
    await start();
    const reply = await ask(path, {}, method);
    expect(reply).toMatchObject({ status, body: { error: { code, param: null } } });
    expect(reply.headers['x-request-id']).toBe('request-0');
  });

  test('an engine that breaks is a 500 without its message', async () => {
    await start();
    house.service.health = () => {
      throw new Error('/secret/path');
    };
    const reply = await ask('/health');
    expect(reply).toMatchObject({ status: 500, body: { error: { code: 'internal_error' } } });
    expect(JSON.stringify(reply.body)).not.toContain('secret');
  });

  test('foreign Host headers are refused on loopback', async () => {
    await start({ allowedHosts: ['proxy.example'] });
    expect(await ask('/health', { host: 'evil.example' })).toMatchObject({
      status: 403,
      body: { error: { code: 'host_not_allowed' } },
    });
    expect(await ask('/inspect', { host: 'evil.example' })).toMatchObject({ status: 403 });
    expect(await ask('/health', { host: 'proxy.example' })).toMatchObject({ status: 200 });
  });

  test.each([
    [
      'a proxy that asks for the whole address',
      'GET http://localhost:8080/health?x HTTP/1.1',
      'Host: localhost',
      200,
    ],
    ['an address without a path', 'GET http://localhost?x HTTP/1.1', 'Host: localhost', 404],
    ['an address of another name', 'GET http://evil.example/health HTTP/1.1', 'Host: localhost', 403],
    ['a client of HTTP/1.0, which knows no Host', 'GET /health HTTP/1.0', 'x: y', 200],
    ['one that names another', 'GET /health HTTP/1.0', 'Host: evil.example', 403],
    ['a client of HTTP/1.1 that names none', 'GET /health HTTP/1.1', 'x: y', 400],
  ])('%s is answered', async (_who, line, header, status) => {
    await start();
    const answer = await exchange(`${line}\r\n${header}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject(
      status === 200 ? { status: 'ready' } : { error: { code: expect.any(String) } },
    );
  });

  test.each([
    ['a header without end', `x: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['headers that do not come', '', 408, 'request_timeout'],
    ['headers that are none', '\x00\r\n\r\n', 400, 'malformed_request'],
    ['a wish that nobody knows', 'Expect: tea\r\nConnection: close\r\n\r\n', 417, 'expectation_failed'],
  ])('%s is an error in the shape of all', async (_what, rest, status, code) => {
    await start({ limits: { headersTimeoutMs: 100 } });
    const answer = await exchange(`GET /health HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\nx-request-id: request-0\r\n`, 's'));
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
      error: { type: 'invalid_request_error', code, param: null, message: expect.any(String) },
    });
  });

  test('nonsense behind a request is answered behind its answer', async () => {
    await start();
    const body = '{"prompt":"p"}';
    const head = `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answers = exchange(`${head}${body}nonsense\r\n\r\n`);
    while (house.service.generations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    house.service.generations[0]?.complete();
    expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  test('leave to send a body is given to those whose body is wanted', async () => {
    await start({ keys: ['long-enough'] });
    house.service.script = (generation) => generation.complete();
    const body = '{"prompt":"p"}';
    const post = (key: string) => {
      const socket = connect(house.gateway.port, '127.0.0.1');
      socket.write(
        `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n` +
          `Expect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
      );
      return socket;
    };
    const socket = post('long-enough');
    expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
    const refused = post('another-key');
    expect(String((await once(refused, 'data'))[0])).toMatch(/^HTTP\/1\.1 401 /);
    for (const each of [socket, refused]) each.destroy();
  });

  test('a client that offers to speak something else than WebSocket is answered in HTTP', async () => {
    await start();
    const lines = 'Host: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n';
    expect(await exchange(`GET /v1/stream HTTP/1.1\r\n${lines}`)).toMatch(/^HTTP\/1.1 426 /);
    const health = await exchange(`GET /health HTTP/1.1\r\n${lines}`);
    expect(health).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(health).toContain('x-request-id: request-1\r\n');
    expect(health).toMatch(/\r\n\r\n\{"status":"ready".*\}$/);
  });

  test('a WebSocket handshake elsewhere or gone wrong is refused', async () => {
    await start();
    const lines = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await exchange(`GET /x HTTP/1.1\r\n${lines}`)).toMatch(/^HTTP\/1.1 404 .*"code":"not_found"/s);
    expect(await exchange(`GET /v1/stream HTTP/1.1\r\n${lines}`)).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('who may open a WebSocket', () => {
  test('pages of other origins may not, unless they are named', async () => {
    await start({ allowedOrigins: ['https://app.example'] });
    await expect(house.connect({ origin: 'http://evil.example' })).rejects.toThrow('refused: 403');
    await expect(house.connect({ headers: { host: 'evil.example' } })).rejects.toThrow('refused: 403');
    await house.connect({ origin: 'https://app.example' });
    await house.connect({ origin: `http://127.0.0.1:${house.gateway.port}` });
  });

  test('with keys, only who presents one', async () => {
    await start({ keys: ['a-good-key', 'another-key'] });
    await expect(house.connect()).rejects.toThrow('refused: 401');
    await expect(house.connect({ headers: { authorization: 'Bearer bad-key' } })).rejects.toThrow(
      'refused: 401',
    );
    await house.connect({ headers: { authorization: 'Bearer another-key' } });
    const encoded = Buffer.from('a-good-key').toString('base64url');
    const browser = await house.connect({}, ['slipstream.v1', `slipstream.key.${encoded}`]);
    expect(browser.socket.protocol).toBe('slipstream.v1');
    expect(await ask('/health')).toMatchObject({ status: 200 });
  });
});

describe('the port', () => {
  test('is in the url', async () => {
    await start();
    expect(house.gateway.url).toBe(`http://127.0.0.1:${house.gateway.port}`);
  });

  test.each([
    ['127.0.0.1', /^cannot listen on 127\.0\.0\.1:\d+: the port is in use$/],
    ['192.0.2.1', /^cannot listen on 192\.0\.2\.1:\d+: this machine has no such address$/],
  ])('that cannot be had on %s is one line', async (host, message) => {
    await start();
    const second = startGateway({
      host,
      port: house.gateway.port,
      service: new FakeGenerationService(),
      scheduler: new VirtualScheduler(),
      follow: followLog,
      logger: silentLogger,
      newRequestId: () => 'x',
    });
    await expect(second).rejects.toThrow(SystemError);
    await expect(second).rejects.toThrow(message);
    const asked = checkListenAddress({ host, port: house.gateway.port });
    await expect(asked).rejects.toThrow(SystemError);
    await expect(asked).rejects.toThrow(message);
  });

  test('is free again when it was found to be', async () => {
    await start();
    const { port } = house.gateway;
    await house.gateway.close();
    await checkListenAddress({ host: '127.0.0.1', port });
    await checkListenAddress({ host: '127.0.0.1', port });
  });
});

describe('a drain', () => {
  test('takes nobody and nothing new, lets what runs finish, then says goodbye with 1001', async () => {
    await start();
    const [client, idle] = [await house.connect(), await house.connect()];
    const id = await client.create();
    const closed = house.gateway.close();
    expect(await ask('/health')).toMatchObject({ status: 503, body: { status: 'draining' } });
    await expect(house.connect()).rejects.toThrow('refused: 503');
    client.send({ type: 'generation.create', prompt: 'one more' });
    expect(await client.frame('error')).toMatchObject({ code: 'unavailable' });
    const generation = house.service.find(id);
    generation?.log.append('last', 'words');
    generation?.complete();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(client.frames.at(-1)).toMatchObject({ type: 'generation.finished', finish_reason: 'stop' });
    expect(await idle.closed).toMatchObject({ code: 1001 });
    await closed;
    await house.gateway.close();
    await expect(ask('/health')).rejects.toThrow('ECONNREFUSED');
  });

  test('ends at its deadline: what still runs is cancelled', async () => {
    await start({ limits: { drainMs: 30_000 } });
    const client = await house.connect();
    const id = await client.create();
    const closed = house.gateway.close();
    house.scheduler.advance(30_000);
    expect(await client.closed).toMatchObject({ code: 1001 });
    await closed;
    expect(house.service.find(id)?.log.end?.outcome).toBe('cancelled');
  });

  test('cuts a client that does not say goodbye', async () => {
    await start();
    const client = await house.connect();
    client.socket.pause();
    const closed = house.gateway.close();
    await house.gateway.drain();
    await new Promise((resolve) => setImmediate(resolve));
    house.scheduler.advance(2000);
    await closed;
    client.socket.resume();
    await client.closed;
  });

  test('does not wait for a request that never ends', async () => {
    await start({ limits: { headersTimeoutMs: 600_000 } });
    const socket = connect(house.gateway.port, '127.0.0.1');
    socket.write('GET /health HTTP/1.1\r\n');
    await ask('/health');
    const ended = once(socket.resume(), 'close');
    await house.gateway.close();
    await ended;
  });
});
