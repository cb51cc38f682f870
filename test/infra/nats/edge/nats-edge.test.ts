import type { Msg, NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NatsEdgeOptions } from '../../../../infra/nats/edge/nats-edge.js';
import type { NatsBus } from '../../../../infra/nats/nats-bus.js';
import type { EmbeddedServer } from '../../../../infra/nats-server/embedded-server.js';
import { BusyError, WorkerFailedError } from '../../../../src/core/errors.js';
import { silentLogger } from '../../../../src/core/logger.js';
import { eventually } from '../../../process/eventually.js';
import { connectTestBus, startTestServer } from '../../../support/nats.js';
import { DRAIN_MS, LEASE_MS, openTestEdge, type TestEdge } from '../../../support/test-edge.js';
import { until } from '../../../support/until.js';

const GENERATE = 'dsi.v1.generate';

/** One message of an answer: its frame, `undefined` for the empty one, and the error that its headers tell. */
function read(message: Msg) {
  const frame = message.data.length === 0 ? undefined : (message.json() as Record<string, unknown>);
  const status = message.headers?.get('Nats-Service-Error-Code');
  return {
    frame,
    status: status || undefined,
    error: message.headers?.get('Nats-Service-Error') || undefined,
  };
}

const isNoResponders = (error: unknown) => /no responders/i.test(String(error));

describe('requests over NATS', () => {
  let server: EmbeddedServer;
  let bus: NatsBus;
  let producer: NatsConnection;
  const edges: TestEdge[] = [];
  beforeAll(async () => {
    server = await startTestServer();
    bus = await connectTestBus(server);
    producer = bus.controlConnection;
  });
  afterEach(async () => {
    for (const { edge, service, scheduler } of edges.splice(0)) {
      for (const generation of service.generations) generation.cancel();
      const closed = edge.close();
      // Who does not listen is not waited for.
      scheduler.advance(DRAIN_MS);
      await closed;
    }
  });
  afterAll(async () => {
    await bus.close();
    await server.stop();
  });

  async function open(options?: Partial<NatsEdgeOptions>): Promise<TestEdge> {
    const edge = await openTestEdge(server, options);
    edges.push(edge);
    return edge;
  }

  async function ask(subject: string, body: unknown): Promise<ReturnType<typeof read>[]> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await producer.requestMany(subject, payload, { strategy: 'sentinel', maxWait: 20_000 });
    const messages: Msg[] = [];
    for await (const message of answer) messages.push(message);
    return messages.map(read);
  }

  const frames = (answer: readonly ReturnType<typeof read>[]) => answer.map(({ frame }) => frame);

  it('are answered with the frames of a WebSocket, one message each, and an empty one', async () => {
    const { service } = await open();
    service.script = (generation) => {
      generation.log.append('Because', ' of', ' scattering.');
      generation.complete();
    };
    const answer = frames(await ask(GENERATE, { prompt: 'why', max_tokens: 3, temperature: 0.5 }));
    expect(answer.slice(0, -1).map((frame) => frame?.type)).toEqual([
      'generation.created',
      ...Array.from({ length: 3 }, () => 'token'),
      'generation.finished',
    ]);
    expect(answer.at(-1)).toBeUndefined();
    expect(answer[0]).toMatchObject({ id: 'generation-0', model: 'scripted', seed: 7 });
    expect(answer.slice(1, 4).map((frame) => [frame?.seq, frame?.text])).toEqual([
      [0, 'Because'],
      [1, ' of'],
      [2, ' scattering.'],
    ]);
    expect(answer[4]).toMatchObject({ finish_reason: 'stop', timings: { draft_n_accepted: 3 } });
    expect(service.requests).toEqual([{ prompt: 'why', maxTokens: 3, temperature: 0.5 }]);
  });

  it.each([
    ['nonsense', 400, { code: 'invalid_option', field: 'request', allowed: 'a JSON object' }],
    [{ prompt: 'p', temperature: 3 }, 400, { code: 'invalid_option', field: 'temperature' }],
    [{}, 400, { code: 'invalid_option', field: 'prompt' }],
  ])('%j is refused with the field and the headers of a service error', async (body, status, told) => {
    await open();
    const [refusal, end, ...rest] = await ask(GENERATE, body);
    expect(refusal?.frame).toMatchObject({ type: 'error', request_id: 'request-0', ...told });
    expect(refusal).toMatchObject({ status: String(status), error: refusal?.frame?.message });
    expect(end).toEqual({ frame: undefined, status: undefined, error: undefined });
    expect(rest).toEqual([]);
  });

  it.each([
    [new BusyError('full'), '429', 'full'],
    [new Error('a path: /etc'), '500', 'something went wrong in the server; its log says what'],
  ])('what the engine throws is told without its inside: %s', async (error, status, message) => {
    const { service } = await open();
    service.gate = () => Promise.reject(error);
    const [refusal] = await ask(GENERATE, { prompt: 'p' });
    expect(refusal).toMatchObject({ status, error: message });
  });

  it('end with an error frame when the generation fails', async () => {
    const { service } = await open();
    service.script = (generation) => {
      generation.log.append('half');
      generation.fail(new WorkerFailedError('secret'));
    };
    const answer = await ask(GENERATE, { prompt: 'p' });
    expect(answer.map(({ frame }) => frame?.type)).toEqual([
      'generation.created',
      'token',
      'error',
      undefined,
    ]);
    expect(answer[2]).toMatchObject({ status: '500', frame: { code: 'worker_failed', id: 'generation-0' } });
    expect(answer[2]?.error).not.toContain('secret');
  });

  it('each go to one of the gateways, and by name to those of that model', async () => {
    const [first, second] = [await open(), await open()];
    for (const { service } of [first, second]) service.script = (generation) => generation.complete();
    const asked = Array.from({ length: 20 }, (_, index) =>
      ask(index % 2 === 0 ? GENERATE : `${GENERATE}.scripted`, { prompt: 'p' }),
    );
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => answer.length)).toEqual(answers.map(() => 3));
    expect(first.service.requests.length + second.service.requests.length).toBe(20);
    await expect(ask(`${GENERATE}.another`, { prompt: 'p' })).rejects.toThrow(/no responders/i);
  });

  it('are listed as a NATS service until the gateway drains, which answers what it has begun', async () => {
    const { edge, service } = await open();
    const listed = async () => (await producer.request('$SRV.INFO.slipstream-gateway', '')).json();
    expect(await listed()).toMatchObject({
      metadata: { model: 'scripted' },
      endpoints: [{ subject: GENERATE }, { subject: `${GENERATE}.scripted` }],
    });
    const answer = ask(GENERATE, { prompt: 'p' });
    await until(() => service.generations.length === 1);
    const drained = edge.drain();
    let gone = false;
    while (!gone) gone = await listed().then(() => false, isNoResponders);
    await expect(ask(GENERATE, { prompt: 'p' })).rejects.toThrow(/no responders/i);
    service.generations[0]?.log.append('done');
    service.generations[0]?.complete();
    await drained;
    expect(frames(await answer).at(-2)).toMatchObject({ type: 'generation.finished' });
  });

  it('that are not done when the gateway closes are told so', async () => {
    const { edge, service, scheduler } = await open();
    const answer = ask(GENERATE, { prompt: 'p' });
    await until(() => service.generations.length === 1);
    const closed = edge.close();
    await producer.flush();
    scheduler.advance(1000);
    await closed;
    expect((await answer).at(-2)).toMatchObject({ status: '503', frame: { code: 'unavailable' } });
  });

  it('can be resumed from any token, on whichever gateway has them', async () => {
    const [first, second] = [await open(), await open()];
    const owner = await new Promise<TestEdge>((resolve) => {
      for (const edge of [first, second])
        edge.service.script = (generation) => {
          generation.log.append('a', 'b', 'c');
          resolve(edge);
        };
      void ask(GENERATE, { prompt: 'p' });
    });
    const [generation] = owner.service.generations;
    const rest = ask('dsi.v1.generation.resume.generation-0', { after: 1 });
    await generation?.log.watchedBy(2);
    generation?.complete();
    expect(frames(await rest).map((frame) => frame?.text ?? frame?.type)).toEqual([
      'c',
      'generation.finished',
      undefined,
    ]);
    const [refused] = await ask('dsi.v1.generation.resume.generation-0', { after: -2 });
    expect(refused).toMatchObject({ status: '400', frame: { field: 'after' } });
  });

  it('of a producer that is gone are cancelled when their lease is over', async () => {
    const notes: string[] = [];
    const logger = {
      ...silentLogger,
      debug: (_: object, text: string) => void notes.push(text),
      child: () => logger,
    };
    const { service, scheduler } = await open({ logger });
    const leaving = await connectTestBus(server);
    await leaving.controlConnection.requestMany(GENERATE, JSON.stringify({ prompt: 'p' }), {
      strategy: 'sentinel',
    });
    await until(() => service.generations.length === 1);
    const [generation] = service.generations;
    await generation?.log.watchedBy(1);
    await leaving.close();
    // The server answers for whom it has not: whether anybody listens is asked with a token, a second apart.
    scheduler.advance(1000);
    generation?.log.append('unheard');
    await until(() => notes.includes('requester does not listen'));
    scheduler.advance(LEASE_MS - 1);
    expect(generation?.log.end).toBeUndefined();
    scheduler.advance(1);
    expect(generation?.log.end?.outcome).toBe('cancelled');
  });

  it('wait for a producer that does not listen for a while, and go on where it left', async () => {
    const { service, scheduler } = await open();
    const heard: string[] = [];
    const listen = () =>
      producer.subscribe('answers.here', {
        callback: (_, message) => void heard.push(String(read(message).frame?.text)),
      });
    const before = listen();
    producer.publish(GENERATE, JSON.stringify({ prompt: 'p' }), { reply: 'answers.here' });
    await until(() => service.generations.length === 1);
    const [generation] = service.generations;
    generation?.log.append('a');
    await until(() => heard.includes('a'));
    before.unsubscribe();
    await producer.flush();
    scheduler.advance(1000);
    generation?.log.append('b', 'c');
    const after = listen();
    await eventually(() => {
      scheduler.advance(1000);
      return heard.includes('c');
    });
    scheduler.advance(LEASE_MS);
    expect(generation?.log.end).toBeUndefined();
    expect(heard.slice(1)).toEqual(['a', 'b', 'c']);
    after.unsubscribe();
  });

  it('go on after the server was down, and what was lost with it can be had again', async () => {
    const { service } = await open();
    const heard = new Map<number, string>();
    const subscription = producer.subscribe('answers.here', {
      callback: (_, message) => {
        const { seq, text } = read(message).frame ?? {};
        if (typeof seq === 'number') heard.set(seq, String(text));
      },
    });
    producer.publish(GENERATE, JSON.stringify({ prompt: 'p' }), { reply: 'answers.here' });
    await until(() => service.generations.length === 1);
    const [generation] = service.generations;
    generation?.log.append('before');
    await until(() => heard.has(0));
    const back = new Promise<void>((resolve) => {
      const stop = bus.onStatus((status) => {
        if (status === 'disconnected') generation?.log.append(' during');
        if (status !== 'connected') return;
        stop();
        resolve();
      });
    });
    process.kill(server.pid ?? Number.NaN, 'SIGKILL');
    await back;
    generation?.log.append(' after');
    const rest = JSON.stringify({ after: 0 });
    await eventually(() => {
      if (heard.size < 3)
        producer.publish('dsi.v1.generation.resume.generation-0', rest, { reply: 'answers.here' });
      return heard.size === 3;
    });
    subscription.unsubscribe();
    expect([0, 1, 2].map((seq) => heard.get(seq)).join('')).toBe('before during after');
  });
});
