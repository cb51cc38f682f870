import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compileEngineOptions } from '../../infra/config/engine-options.js';
import type { Gateway } from '../../infra/gateway/gateway.js';
import { createEngine, type Engine } from '../../src/app/engine.js';
import { ContextLengthError } from '../../src/core/errors.js';
import { silentLogger } from '../../src/core/logger.js';
import { StreamClient } from '../support/stream-client.js';
import { startEngineGateway } from './engine-gateway.js';
import { eventually } from './eventually.js';

const CLIENTS = 8;
/** Of each client: many, so that who began some milliseconds earlier matters little. */
const TOKENS = 200;
const WAITING = 2;

describe('WebSocket clients of one engine', () => {
  let engine: Engine;
  let gateway: Gateway;
  const clients: StreamClient[] = [];

  beforeAll(async () => {
    engine = await createEngine(
      compileEngineOptions({
        model: 'sim:target?ms=2',
        drafter: 'sim:drafter?ms=1&acceptance=0.8',
        targets: 2,
        parallel: CLIENTS,
        queue: WAITING,
      }),
      { logger: silentLogger },
    );
    gateway = await startEngineGateway(engine);
  });

  afterEach(() => Promise.all(clients.splice(0).map((client) => client.drop())));

  afterAll(async () => {
    await gateway?.close();
    await engine?.close();
  });

  const connect = async (): Promise<StreamClient> => {
    const client = await StreamClient.open(gateway.port);
    clients.push(client);
    return client;
  };
  const connectAll = (count: number) => Promise.all(Array.from({ length: count }, connect));

  const finished = async (client: StreamClient, id: string) => {
    const frame = await client.frame('generation.finished', (end) => end.id === id);
    return { ids: client.tokens(id).map(({ token }) => token), frame };
  };

  const request = (index: number) => ({
    prompt: `sailor number ${'again '.repeat(index)}`,
    max_tokens: TOKENS,
  });
  const endless = { prompt: 'the long road', max_tokens: 10_000 };

  it('get the text that each would get alone, and none waits until the others are done', async () => {
    const single = await connect();
    const alone: number[][] = [];
    for (let index = 0; index < CLIENTS; index++) {
      const id = await single.create({ ...request(index), speculative: { mode: 'none' } });
      alone.push((await finished(single, id)).ids);
    }
    expect(new Set(alone.map((ids) => ids.join())).size).toBe(CLIENTS);

    const all = await connectAll(CLIENTS);
    // All in the same mode: what `auto` plans depends on how busy this machine is, and plans differ in speed.
    const speculative = { mode: 'dsi' };
    const ids = await Promise.all(
      all.map((client, index) => client.create({ ...request(index), speculative })),
    );
    const ends = all.map((client, index) => finished(client, ids[index] as string));
    await Promise.race(ends);
    const counts = all.map((client, index) => client.tokens(ids[index] as string).length);
    expect(Math.min(...counts)).toBeGreaterThan(TOKENS / CLIENTS);
    expect((await Promise.all(ends)).map((end) => end.ids)).toEqual(alone);
  });

  it('resume after a lost connection without a gap and without a token twice', async () => {
    const lost = await connect();
    const id = await lost.create(request(3));
    await lost.frame('token', ({ seq }) => seq === 10);
    await lost.drop();
    const before = lost.tokens(id);
    const after = await connect();
    after.send({ type: 'generation.resume', id, after: before.length - 1 });
    await finished(after, id);
    const tokens = [...before, ...after.tokens(id)];
    expect(tokens.map(({ seq }) => seq)).toEqual(tokens.map((_, index) => index));

    const whole = await connect();
    whole.send({ type: 'generation.resume', id, after: -1 });
    const { ids } = await finished(whole, id);
    expect(tokens.map(({ token }) => token)).toEqual(ids);
    expect(ids).toHaveLength(TOKENS);
  });

  it('get their tokens while the prompt of another is read, however long', async () => {
    const client = await connect();
    const id = await client.create(endless);
    await client.frame('token');
    const before = client.tokens(id).length;
    let during = 0;
    const long = engine.create({ prompt: 'the old sailor '.repeat(26_667) }).finally(() => {
      during = client.tokens(id).length - before;
    });
    await expect(long).rejects.toThrow(ContextLengthError);
    expect(during).toBeGreaterThan(2);
    client.send({ type: 'generation.cancel', id });
    await finished(client, id);
  });

  it.each(['none', 'si', 'dsi', 'auto'])('get over HTTP what they get here (%s)', async (mode) => {
    const client = await connect();
    const id = await client.create(request(2));
    await finished(client, id);
    const expected = client
      .tokens(id)
      .map(({ text }) => text)
      .join('');
    const post = async (more: object) => {
      const response = await fetch(`${gateway.url}/v1/completions`, {
        method: 'POST',
        body: JSON.stringify({ ...request(2), speculative: { mode }, ...more }),
      });
      return await response.text();
    };
    expect(JSON.parse(await post({})).choices[0].text).toBe(expected);
    const events = (await post({ stream: true }))
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'));
    const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)));
    expect(chunks.map(({ choices }) => choices[0].text).join('')).toBe(expected);
    expect(chunks).toHaveLength(TOKENS + 1);
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'length' }], speculation: {} });
  });

  it('cancel their own generation and no other', async () => {
    const [one, other] = (await connectAll(2)) as [StreamClient, StreamClient];
    const id = await one.create(endless);
    const otherId = await other.create(request(1));
    await one.frame('token', ({ seq }) => seq === 5);
    one.send({ type: 'generation.cancel', id });
    expect((await finished(one, id)).frame).toMatchObject({ finish_reason: 'cancelled' });
    expect((await finished(other, otherId)).frame).toMatchObject({ finish_reason: 'length' });
  });

  it('wait in the queue or are told that the server is busy', async () => {
    const running = await connectAll(CLIENTS);
    const ids = await Promise.all(running.map((client) => client.create(endless)));
    const [first, second, refused] = (await connectAll(3)) as [StreamClient, StreamClient, StreamClient];
    const firstId = await first.create(endless);
    await second.create(endless);
    expect(engine.health()).toMatchObject({ running: CLIENTS, waiting: WAITING });
    refused.send({ type: 'generation.create', ...endless });
    expect(await refused.frame('error')).toMatchObject({ code: 'busy' });
    expect(first.tokens(firstId)).toEqual([]);
    running[0]?.send({ type: 'generation.cancel', id: ids[0] });
    await first.frame('token');
    expect(engine.health()).toMatchObject({ running: CLIENTS, waiting: WAITING - 1 });
  });

  it('are told goodbye when the server closes, and what they left running is cancelled', async () => {
    const client = await connect();
    await gateway.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
    await eventually(() => engine.health().running === 0);
  });
});
