import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Pages } from '../../../infra/gateway/console-assets.js';
import type { GatewayOptions } from '../../../infra/gateway/gateway.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
afterEach(() => house.stop());

const headers = { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' };
const pages: Pages = new Map([['/inspect', { status: 200, body: '<p>é</p>', headers }]]);
const charts = {
  source: { join: () => ({ repeat: () => {}, leave: () => {} }) },
  frames: { of: () => [] },
  pages,
};

async function start(options: Partial<GatewayOptions>): Promise<void> {
  house = await startTestGateway(options);
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(house.gateway.url + path, { redirect: 'manual', ...init });
}

describe('the page that shows state charts', () => {
  test('is served as it is, to whoever asks, with a key or without', async () => {
    await start({ charts, keys: ['a-good-key'] });
    const reply = await ask('/inspect?x');
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      ...headers,
      'cache-control': 'no-store',
      'content-length': '9',
      'x-request-id': 'request-0',
    });
    expect(await reply.text()).toBe('<p>é</p>');
    const head = await ask('/inspect', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '9', '']);
  });

  test('is not there unless charts are shown', async () => {
    await start({});
    for (const path of ['/inspect', '/inspect/', '/v1/inspect']) expect((await ask(path)).status).toBe(404);
  });

  test('is read, and nothing beside it', async () => {
    await start({ charts });
    const statuses = async (...paths: string[]) =>
      await Promise.all(paths.map(async (path) => (await ask(path)).status));
    expect(await statuses('/inspect/main.ts', '/inspect/%2e%2e/package.json', '/Inspect')).toEqual([
      404, 404, 404,
    ]);
    const posted = await ask('/inspect', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('is under a path without a slash at its end, so that what it names is found', async () => {
    await start({ charts });
    const reply = await ask('/inspect/');
    expect([reply.status, reply.headers.get('location')]).toEqual([308, '../inspect']);
    expect(new URL('../inspect', `${house.gateway.url}/inspect/`).pathname).toBe('/inspect');
  });
});

test('a page is told by a plain request whether its WebSocket is refused for its key', async () => {
  await start({ charts, keys: ['a-good-key'] });
  const status = async (key?: string) => {
    const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await ask('/v1/inspect', { headers: authorization })).status;
  };
  expect([await status(), await status('bad-key'), await status('a-good-key')]).toEqual([401, 401, 426]);
});

test('no more look into state charts than may', async () => {
  await start({ charts, limits: { viewers: 1 } });
  const look = () => {
    const socket = new WebSocket(`${house.gateway.url.replace('http', 'ws')}/v1/inspect`);
    const status = new Promise<number | undefined>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', () => {});
    });
    return { socket, status };
  };
  const first = look();
  expect(await first.status).toBe(101);
  expect(await look().status).toBe(503);
  await house.connect();
  first.socket.terminate();
  while ((await look().status) !== 101);
});
