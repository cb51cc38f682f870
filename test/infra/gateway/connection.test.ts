import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BusyError,
  ContextLengthError,
  InvalidOptionError,
  NoWorkerError,
  UnavailableError,
  WorkerFailedError,
} from '../../../src/core/errors.js';
import { type Logger, silentLogger } from '../../../src/core/logger.js';
import type { ScriptedGeneration } from '../../support/fake-generation-service.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
let ignoredFields: unknown[];

beforeEach(async () => {
  ignoredFields = [];
  const logger: Logger = {
    ...silentLogger,
    info: (data, message) => {
      if (message === 'unknown fields ignored') ignoredFields.push(data);
    },
    child: () => logger,
  };
  house = await startTestGateway({ logger, limits: { generationsPerSocket: 8 } });
});
afterEach(() => house.stop());

function generation(index = 0): ScriptedGeneration {
  const found = house.service.generations[index];
  if (found === undefined) throw new Error(`there is no generation ${index}`);
  return found;
}

describe('a generation over a WebSocket', () => {
  test('is announced with seed and parameters, sent token by token, and finished with its report', async () => {
    house.service.script = (generation) => {
      generation.log.append('Hel', 'lo', '');
      generation.complete('length');
    };
    const client = await house.connect();
    client.send({
      type: 'generation.create',
      ref: 'mine',
      prompt: 'hi',
      max_tokens: 3,
      seed: 11,
      stop: 'END',
      logit_bias: { 5: -1 },
      speculative: { mode: 'si', lookahead: 4 },
    });
    await client.frame('generation.finished');
    expect(client.frames).toEqual([
      {
        type: 'generation.created',
        id: 'generation-0',
        ref: 'mine',
        model: 'scripted',
        drafter: 'guesses',
        seed: 11,
        prompt_tokens: 3,
        parameters: {
          max_tokens: 3,
          min_tokens: 0,
          temperature: 0,
          top_k: 0,
          top_p: 1,
          min_p: 0,
          repetition_penalty: 1,
          presence_penalty: 0,
          frequency_penalty: 0,
          logit_bias: { 5: -1 },
          seed: 11,
          stop: ['END'],
          ignore_eos: false,
          speculative: { mode: 'si', lookahead: 4 },
        },
      },
      { type: 'token', id: 'generation-0', seq: 0, token: 1000, text: 'Hel', drafted: false },
      { type: 'token', id: 'generation-0', seq: 1, token: 1001, text: 'lo', drafted: true },
      { type: 'token', id: 'generation-0', seq: 2, token: 1002, text: '', drafted: false },
      {
        type: 'generation.finished',
        id: 'generation-0',
        finish_reason: 'length',
        usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
        timings: expect.objectContaining({ draft_n: 4, draft_n_accepted: 3 }),
        speculation: expect.objectContaining({ mode: 'dsi', acceptance: 0.75, estimated_speedup: null }),
      },
    ]);
  });

  test('that fails ends in an error frame behind its tokens, without what the machine said', async () => {
    const client = await house.connect();
    const id = await client.create();
    generation().log.append('a');
    generation().fail(new WorkerFailedError('/opt/models/secret.onnx: segmentation fault'));
    const frame = await client.frame('error');
    expect(frame).toEqual({
      type: 'error',
      id,
      code: 'worker_failed',
      message: 'the server could not finish this; its log says why',
      request_id: 'request-0',
    });
    expect(client.frames.at(-2)).toMatchObject({ type: 'token', seq: 0 });
  });

  test('that no target goes on with says that much', async () => {
    const client = await house.connect();
    await client.create();
    generation().fail(new NoWorkerError('no target made progress for 60 s; host-1 says: out of memory'));
    expect(await client.frame('error')).toMatchObject({
      code: 'no_worker',
      message: "no target could go on with this; the server's log says more",
    });
  });

  test('is cancelled on demand, and says so', async () => {
    const client = await house.connect();
    const id = await client.create();
    generation().log.append('a');
    client.send({ type: 'generation.cancel', id });
    expect(await client.frame('generation.finished')).toMatchObject({ id, finish_reason: 'cancelled' });
  });

  test('runs beside seven others, for eight clients at once, without mixing', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => house.connect()));
    const ids = await Promise.all(
      clients.map((client, index) => client.create({ prompt: 'p', seed: index })),
    );
    expect(new Set(ids).size).toBe(8);
    for (let step = 0; step < 200; step++)
      for (const { log, request } of house.service.generations) log.append(`${request.seed}:${step}`);
    for (const each of house.service.generations) each.complete();
    await Promise.all(clients.map((client) => client.frame('generation.finished')));
    clients.forEach((client, index) => {
      const texts = client.tokens(ids[index] ?? '').map(({ text }) => text);
      expect(texts).toEqual(Array.from({ length: 200 }, (_, step) => `${index}:${step}`));
      expect(client.frames.length).toBe(202);
    });
  });
});

describe('a client that comes back', () => {
  test('gets from every place what it lacks, each token exactly once', async () => {
    const first = await house.connect();
    const id = await first.create();
    generation().log.append('a', 'b', 'c');
    await first.frame('token', ({ seq }) => seq === 2);
    await first.drop();
    expect(generation().log.end).toBeUndefined();
    generation().log.append('d');

    const readers = await Promise.all(
      [-1, 0, 1, 2, 3, 4].map(async (after) => {
        const client = await house.connect();
        client.send({ type: 'generation.resume', id, after });
        return { client, after };
      }),
    );
    // The last reader is attached once the others' frames and its own resume are through.
    await Promise.all(readers.slice(0, 4).map(({ client }) => client.frame('token', ({ seq }) => seq === 3)));
    generation().log.append('e', 'f');
    generation().complete();
    for (const { client, after } of readers) {
      await client.frame('generation.finished');
      expect(client.tokens(id).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5].slice(after + 1));
    }
  });

  test('may do so after the end too', async () => {
    const first = await house.connect();
    const id = await first.create();
    generation().log.append('a', 'b');
    generation().complete();
    await first.frame('generation.finished');
    first.send({ type: 'generation.resume', id, after: 0 });
    await first.frame('token', (frame) => first.frames.indexOf(frame) > 3);
    expect(first.tokens(id).map(({ seq }) => seq)).toEqual([0, 1, 1]);
  });

  test('on the same socket replaces its own reader', async () => {
    const client = await house.connect();
    const id = await client.create();
    for (let time = 0; time < 20; time++) client.send({ type: 'generation.resume', id, after: 1 });
    // Answers come in order: after this one every resume was handled.
    client.send({ type: 'generation.cancel', id: 'unknown' });
    await client.frame('error');
    generation().log.append('a', 'b', 'c', 'd');
    generation().complete();
    await client.frame('generation.finished');
    expect(client.tokens(id).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(generation().log.watcherCount).toBe(0);
  });

  test('shares the generation with whoever else follows', async () => {
    const [one, two] = [await house.connect(), await house.connect()];
    const id = await one.create();
    two.send({ type: 'generation.resume', id, after: -1 });
    generation().log.append('a', 'b');
    generation().complete();
    await Promise.all([one, two].map((client) => client.frame('generation.finished')));
    expect(one.tokens(id)).toEqual(two.tokens(id));
  });

  test('to what is not known here is told so', async () => {
    const client = await house.connect();
    client.send({ type: 'generation.resume', id: 'gone', after: -1, ref: 'r' });
    expect(await client.frame('error')).toEqual({
      type: 'error',
      code: 'generation_not_found',
      message: 'generation "gone" is not known here',
      id: 'gone',
      ref: 'r',
      request_id: 'request-0',
    });
  });
});

describe('an abandoned generation', () => {
  test('is cancelled when its lease ends, not before', async () => {
    const client = await house.connect();
    await client.create();
    house.scheduler.advance(120_000);
    expect(generation().log.end).toBeUndefined();
    await client.drop();
    await generation().log.watchedBy(0);
    house.scheduler.advance(59_999);
    expect(generation().log.end).toBeUndefined();
    house.scheduler.advance(1);
    expect(generation().log.end?.outcome).toBe('cancelled');
  });

  test('is also one whose client left before it was created', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    house.service.gate = () => opened;
    const client = await house.connect();
    client.send({ type: 'generation.create', prompt: 'p' });
    client.send({ type: 'generation.cancel', id: 'unknown' });
    await client.frame('error');
    await client.drop();
    const other = await house.connect();
    open();
    await other.create();
    expect(house.service.generations.length).toBe(2);
    house.scheduler.advance(60_000);
    expect(generation(0).log.end?.outcome).toBe('cancelled');
    expect(generation(1).log.end).toBeUndefined();
  });
});

describe('a request that cannot be served', () => {
  test('is answered with field, value and range, and the connection stays', async () => {
    const client = await house.connect();
    client.send({ type: 'generation.create', prompt: 'p', temperature: 3, ref: 'hot' });
    expect(await client.frame('error')).toEqual({
      type: 'error',
      code: 'invalid_option',
      message: 'temperature is 3, but must be a number from 0 to 2',
      field: 'temperature',
      allowed: 'a number from 0 to 2',
      ref: 'hot',
      request_id: 'request-0',
    });
    expect(house.service.requests).toEqual([]);
    await client.create();
  });

  test.each([
    [
      new InvalidOptionError('logitBias token id', 99, 'a token id from 0 to 9'),
      'invalid_option',
      'logit_bias token id is 99, but must be a token id from 0 to 9',
    ],
    [new ContextLengthError(50, 40), 'context_length_exceeded', /^prompt is 50 tokens long/],
    [new BusyError('4 run and 16 wait'), 'busy', '4 run and 16 wait'],
    [new UnavailableError('loading'), 'unavailable', 'loading'],
    [new TypeError('cannot read /etc/shadow'), 'internal_error', /^something went wrong in the server/],
  ])('by the engine: %s', async (error, code, message) => {
    const client = await house.connect();
    house.service.gate = () => Promise.reject(error);
    client.send({ type: 'generation.create', prompt: 'p', ref: 'r' });
    const frame = await client.frame('error');
    expect(frame).toMatchObject({ code, ref: 'r', request_id: 'request-0' });
    expect(frame.message).toMatch(message);
    house.service.gate = async () => {};
    await client.create();
  });

  test('because of fields that nobody knows does not exist: they are ignored and logged', async () => {
    const client = await house.connect();
    await client.create({ prompt: 'p', model: 'gpt', user: 'me', speculative: { drafters: 2 } });
    expect(ignoredFields).toEqual([{ fields: ['model', 'user', 'speculative.drafters'] }]);
    expect(house.service.requests).toEqual([{ prompt: 'p' }]);
  });

  test('lets no client fill the log: names are cut, and none of a refused request is logged', async () => {
    const client = await house.connect();
    await client.create({ prompt: 'p', ['x'.repeat(1000)]: 1 });
    expect(ignoredFields).toEqual([{ fields: ['x'.repeat(64)] }]);
    house.service.gate = async () => {
      throw new InvalidOptionError('prompt', '', 'text');
    };
    client.send({ type: 'generation.create', prompt: 'p', foreign: 1 });
    await client.frame('error');
    expect(ignoredFields).toHaveLength(1);
  });

  test.each(['{', '[]', '"text"', '{"type":"generation.start"}', '{"type":"generation.resume","id":"g"}'])(
    'such as %s is answered, and the connection stays',
    async (text) => {
      const client = await house.connect();
      client.socket.send(text);
      expect(await client.frame('error')).toMatchObject({ code: 'invalid_option' });
      await client.create();
    },
  );

  test('because one socket follows as many as it may', async () => {
    const client = await house.connect();
    for (let index = 0; index < 8; index++) {
      client.send({ type: 'generation.create', prompt: 'p' });
      await client.frame('generation.created', ({ id }) => id === `generation-${index}`);
    }
    client.send({ type: 'generation.create', prompt: 'p' });
    expect(await client.frame('error')).toMatchObject({
      code: 'busy',
      message: 'this connection already follows 8 generations, the most it may',
    });
    generation(3).complete();
    await client.frame('generation.finished');
    client.send({ type: 'generation.create', prompt: 'p' });
    await client.frame('generation.created', ({ id }) => id === 'generation-8');
  });
});
