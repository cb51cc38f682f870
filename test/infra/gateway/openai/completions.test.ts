import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../../../infra/gateway/gateway.js';
import type { LoggedToken } from '../../../../src/core/engine.js';
import { BusyError, NoWorkerError, WorkerFailedError } from '../../../../src/core/errors.js';
import { startTestGateway, type TestGateway } from '../../../support/test-gateway.js';
import { until } from '../../../support/until.js';

const CHATS = '/v1/chat/completions';
const TEXTS = '/v1/completions';
const hello = { messages: [{ role: 'user', content: 'Hello' }] };
const SPECULATION = {
  timings: { prompt_n: 3, draft_n: 4, draft_n_accepted: 3 },
  speculation: { mode: 'dsi', rollbacks: 1, acceptance: 0.75 },
  metrics: {
    speculative_decoding: {
      mean_acceptance_length: 2 / 6,
      draft_acceptance_rate: 0.75,
      num_draft_tokens: 4,
      num_accepted_draft_tokens: 3,
      num_spec_steps: 6,
    },
  },
};

let house: TestGateway;
afterEach(() => house.stop());

async function start(options: Partial<GatewayOptions> = {}): Promise<void> {
  house = await startTestGateway(options);
  house.service.script = (generation) => {
    generation.log.append('Be', '', 'cause');
    generation.complete();
  };
}

function send(path: string, body: unknown, headers: Record<string, string> = {}): ClientRequest {
  const { port } = house.gateway;
  const outgoing = request({ port, host: '127.0.0.1', path, method: 'POST', headers });
  // One that is cut is.
  outgoing.on('error', () => {});
  return outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function answered(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(outgoing, 'response');
  response.setEncoding('utf8');
  return response;
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await answered(send(path, body, headers));
  let text = '';
  for await (const part of response) text += part;
  return { status: response.statusCode, headers: response.headers, text };
}

async function ask(path: string, body: unknown, headers: Record<string, string> = {}) {
  const { text, ...reply } = await post(path, body, headers);
  return { ...reply, body: JSON.parse(text) };
}

/** A bare connection on which requests were written, one after the other, unread. */
function write(...requests: readonly (readonly [path: string, body: object, more?: string])[]): Socket {
  const socket = connect(house.gateway.port, '127.0.0.1').pause();
  for (const [path, body, more = ''] of requests) {
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n${more}\r\n${text}`,
    );
  }
  return socket;
}

const ended = (index: number) => house.service.generations[index]?.log.end?.outcome;

/** A text that no socket takes at once. */
const LONG = 'x'.repeat(20_000_000);

/** The events of a stream, read. */
async function stream(path: string, body: object) {
  const { text, headers } = await post(path, { stream: true, ...body });
  expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(text).toMatch(/\n\n$/);
  const events = text.split('\n\n').filter((event) => event !== '');
  return events.map((event) =>
    event === 'data: [DONE]' ? 'done' : JSON.parse(event.replace(/^data: /, '')),
  );
}

describe('log probabilities', () => {
  const likely = (token: number, text: string | readonly number[], logprob: number) => ({
    token,
    bytes: typeof text === 'string' ? new TextEncoder().encode(text) : Uint8Array.from(text),
    logprob,
  });
  const other = likely(9, ' a', -2);
  /** A word, half a character, its other half, and the end token, of which no text is part. */
  const tokens: Partial<LoggedToken>[] = [
    {
      token: 1,
      text: ' the',
      logprobs: { ...likely(1, ' the', -0.25), top: [likely(1, ' the', -0.25), other] },
    },
    { token: 2, text: '', logprobs: { ...likely(2, [0xe2, 0x82], -3), top: [other] } },
    { token: 3, text: '€', logprobs: { ...likely(3, [0xac], -0.125), top: [] } },
    { token: 0, text: '', logprobs: { ...likely(0, '<end>', -1), top: [] } },
  ];
  const chatContent = [
    {
      ...{ token: ' the', logprob: -0.25, bytes: [32, 116, 104, 101] },
      top_logprobs: [
        { token: ' the', logprob: -0.25, bytes: [32, 116, 104, 101] },
        { token: ' a', logprob: -2, bytes: [32, 97] },
      ],
    },
    {
      ...{ token: 'bytes:\\xe2\\x82', logprob: -3, bytes: [0xe2, 0x82] },
      top_logprobs: [{ token: ' a', logprob: -2, bytes: [32, 97] }],
    },
    { token: 'bytes:\\xac', logprob: -0.125, bytes: [0xac], top_logprobs: [] },
  ];
  const textParts = {
    tokens: [' the', 'bytes:\\xe2\\x82', 'bytes:\\xac'],
    token_logprobs: [-0.25, -3, -0.125],
    text_offset: [0, 4, 4],
    top_logprobs: [
      { ' the': -0.25, ' a': -2 },
      { ' a': -2, 'bytes:\\xe2\\x82': -3 },
      { 'bytes:\\xac': -0.125 },
    ],
  };

  async function startLikely(): Promise<void> {
    await start();
    house.service.script = (generation) => {
      for (const token of tokens) generation.log.commit(token);
      generation.complete();
    };
  }

  it('are told of every token of the content in a whole completion', async () => {
    await startLikely();
    const chat = await ask(CHATS, { ...hello, logprobs: true, top_logprobs: 2 });
    expect(chat.body.choices[0].logprobs).toEqual({ content: chatContent, refusal: null });
    const text = await ask(TEXTS, { prompt: 'Why?', logprobs: 2 });
    expect(text.body.choices[0].logprobs).toEqual(textParts);
    expect(house.service.requests).toEqual([
      { ...hello, logprobs: 2 },
      { prompt: 'Why?', logprobs: 2 },
    ]);
  });

  it('come with the chunk of their token in a stream, also of one that has no text', async () => {
    await startLikely();
    const chat = await stream(CHATS, { ...hello, logprobs: true, top_logprobs: 2 });
    const told = chat.slice(1, -2).map(({ choices: [choice] }) => [choice.delta.content, choice.logprobs]);
    expect(told).toEqual(
      chatContent.map((entry, index) => [tokens[index]?.text, { content: [entry], refusal: null }]),
    );
    expect(chat.at(-2).choices[0]).toMatchObject({ logprobs: null, finish_reason: 'stop' });
    const text = await stream(TEXTS, { prompt: 'Why?', logprobs: 2 });
    const parts = text.slice(0, -2).map(({ choices: [choice] }) => choice.logprobs);
    expect(parts.flatMap((part) => part.text_offset)).toEqual(textParts.text_offset);
    expect(parts.flatMap((part) => part.top_logprobs)).toEqual(textParts.top_logprobs);
  });
});

describe('a whole completion', () => {
  it('is a message of the assistant, or a text, with what it took', async () => {
    await start();
    const usage = { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 };
    const common = { model: 'scripted', created: expect.any(Number), usage, ...SPECULATION };
    const message = { role: 'assistant', content: 'Because', refusal: null };
    const reply = await ask(CHATS, { model: 'scripted', ...hello });
    expect(reply).toMatchObject({ status: 200, headers: { 'x-request-id': 'request-0' } });
    expect(reply.body).toMatchObject({
      ...{ ...common, id: 'chatcmpl-generation-0', object: 'chat.completion' },
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    });
    expect((await ask(TEXTS, { prompt: 'Why?' })).body).toMatchObject({
      ...{ ...common, id: 'cmpl-generation-1', object: 'text_completion' },
      choices: [{ index: 0, text: 'Because', logprobs: null, finish_reason: 'stop' }],
    });
    expect(house.service.requests).toEqual([hello, { prompt: 'Why?' }]);
  });

  it('has every choice, and counts each prompt once', async () => {
    await start();
    let count = 0;
    house.service.script = (generation) => {
      generation.log.append(`${count++}`);
      generation.complete('length');
    };
    const { body } = await ask(TEXTS, { prompt: ['a', 'b'], n: 2 });
    expect(body.choices).toMatchObject(
      ['0', '1', '2', '3'].map((text, index) => ({
        ...{ index, text, finish_reason: 'length' },
        ...{ timings: SPECULATION.timings, speculation: SPECULATION.speculation },
      })),
    );
    expect(body.usage).toEqual({ prompt_tokens: 6, completion_tokens: 4, total_tokens: 10 });
    expect(body).not.toHaveProperty('timings');
  });

  it.each([
    ['nonsense', 400, { type: 'invalid_request_error', code: 'invalid_option', param: 'request' }],
    [{ ...hello, n: 0 }, 400, { type: 'invalid_request_error', code: 'invalid_option', param: 'n' }],
    [{ ...hello, model: 'gpt-4o' }, 404, { type: 'not_found_error', code: 'model_not_found', param: null }],
    [{ x: 'x'.repeat(5000) }, 413, { type: 'invalid_request_error', code: 'request_too_large', param: null }],
  ])('is refused for what is wrong with it (%#)', async (body, status, error) => {
    await start({ limits: { maxPayloadBytes: 4000 } });
    const reply = await ask(CHATS, body);
    expect(reply).toMatchObject({ status, body: { error } });
    // The rest of what is too long is not waited for.
    expect(reply.headers.connection).toBe(status === 413 ? 'close' : 'keep-alive');
    expect(house.service.requests).toEqual([]);
  });

  it.each([
    [new BusyError('full'), 429, { type: 'rate_limit_error', code: 'busy', message: 'full' }],
    [new WorkerFailedError('secret'), 500, { type: 'server_error', code: 'worker_failed' }],
    [new NoWorkerError('secret'), 503, { type: 'unavailable_error', code: 'no_worker' }],
    [new Error('secret'), 500, { type: 'server_error', code: 'internal_error' }],
  ])('fails with what may be known: %s', async (failure, status, error) => {
    await start();
    house.service.gate = async () => {
      throw failure;
    };
    const reply = await ask(CHATS, hello);
    expect(reply).toMatchObject({ status, body: { error } });
    expect(JSON.stringify(reply.body)).not.toContain('secret');
    expect(reply.headers['retry-after']).toBe(status === 429 ? '1' : undefined);
  });

  it('whose generation somebody cancels is not one to ask for again', async () => {
    await start();
    house.service.script = () => {};
    const reply = ask(CHATS, hello);
    await until(() => house.service.generations.length === 1);
    house.service.generations[0]?.cancel();
    expect(await reply).toMatchObject({ status: 410, body: { error: { code: 'cancelled' } } });
  });

  it('that nobody reads is cut, and its place is free again', async () => {
    await start({ limits: { connections: 1, stallMs: 100 } });
    house.service.script = (generation) => {
      generation.log.append(LONG);
      generation.complete();
    };
    const socket = write([CHATS, hello]);
    await until(() => ended(0) === 'completed');
    expect(await ask(CHATS, hello)).toMatchObject({ status: 503 });
    house.service.script = (generation) => generation.complete();
    while ((await ask(CHATS, hello)).status === 503);
    socket.destroy();
  });

  it('that is read slowly is whole, also when the server closes meanwhile', async () => {
    await start();
    house.service.script = (generation) => {
      generation.log.append(LONG);
      generation.complete();
    };
    const socket = write([CHATS, hello, 'connection: close\r\n']);
    await until(() => ended(0) === 'completed');
    const closed = house.gateway.close();
    await new Promise((resolve) => setImmediate(resolve));
    let text = '';
    for await (const part of socket) text += part;
    expect(JSON.parse(text.slice(text.indexOf('{'))).choices[0].message.content).toHaveLength(LONG.length);
    await closed;
  });

  it('that fails ends its other choices', async () => {
    await start();
    house.service.script = () => {};
    const reply = ask(CHATS, { ...hello, n: 2 });
    await until(() => house.service.generations.length === 2);
    house.service.generations[1]?.fail(new WorkerFailedError('secret'));
    expect(await reply).toMatchObject({ status: 500, body: { error: { code: 'worker_failed' } } });
    expect(house.service.generations[0]?.log.end?.outcome).toBe('cancelled');
  });

  it('for which there is room for a part only is refused, and the part ends', async () => {
    await start();
    house.service.script = () => {};
    house.service.gate = async () => {
      if (house.service.requests.length > 1) throw new BusyError('full');
    };
    expect(await ask(CHATS, { ...hello, n: 2 })).toMatchObject({ status: 429 });
    expect(house.service.generations.map(({ log }) => log.end?.outcome)).toEqual(['cancelled']);
  });
});

describe('a streamed completion', () => {
  it('is a chunk per token that has a text, the reason of the end, and a mark', async () => {
    await start();
    const chunk = { id: 'chatcmpl-generation-0', object: 'chat.completion.chunk', model: 'scripted' };
    const choice = { index: 0, logprobs: null, finish_reason: null };
    const events = await stream(CHATS, hello);
    expect(events).toMatchObject([
      { ...chunk, choices: [{ ...choice, delta: { role: 'assistant', content: '' } }] },
      { ...chunk, choices: [{ ...choice, delta: { content: 'Be' } }] },
      { ...chunk, choices: [{ ...choice, delta: { content: 'cause' } }] },
      { ...chunk, choices: [{ ...choice, delta: {}, finish_reason: 'stop' }], ...SPECULATION },
      'done',
    ]);
    expect(new Set(events.slice(0, -1).map(({ created }) => created)).size).toBe(1);
    expect(events[0]).not.toHaveProperty('usage');
    expect(await stream(TEXTS, { prompt: 'Why?' })).toMatchObject([
      { object: 'text_completion', choices: [{ ...choice, text: 'Be' }] },
      { object: 'text_completion', choices: [{ ...choice, text: 'cause' }] },
      { choices: [{ ...choice, text: '', finish_reason: 'stop' }] },
      'done',
    ]);
  });

  it('tells the usage last where that is asked for', async () => {
    await start();
    const events = await stream(CHATS, { ...hello, stream_options: { include_usage: true } });
    expect(events.slice(0, -2).map(({ usage }) => usage)).toEqual([null, null, null, null]);
    expect(events.slice(-2)).toMatchObject([
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 } },
      'done',
    ]);
  });

  it('has every choice', async () => {
    await start();
    const events = await stream(TEXTS, { prompt: ['a', 'b'] });
    const of = (index: number) =>
      events.flatMap((event) => event.choices ?? []).filter((choice) => choice.index === index);
    for (const index of [0, 1]) {
      expect(of(index).map(({ text }) => text)).toEqual(['Be', 'cause', '']);
      expect(of(index).at(-1)).toMatchObject({ finish_reason: 'stop', ...SPECULATION });
    }
    expect(events.filter((event) => event === 'done')).toHaveLength(1);
  });

  it('that has begun ends with what went wrong', async () => {
    await start();
    house.service.script = (generation) => {
      generation.log.append('Be');
      generation.fail(new WorkerFailedError('secret'));
    };
    const events = await stream(CHATS, hello);
    expect(events.at(-1)).toMatchObject({ error: { type: 'server_error', code: 'worker_failed' } });
    expect(events.map(({ choices }) => choices?.[0].delta.content)).toEqual(['', 'Be', undefined]);
  });

  it('says at once that it has begun, and a token as soon as it is there', async () => {
    await start();
    house.service.script = () => {};
    // A text has no opening: only the headers tell.
    await answered(send(TEXTS, { prompt: 'p', stream: true }));
    const response = await answered(send(CHATS, { ...hello, stream: true }));
    const parts = response[Symbol.asyncIterator]();
    expect((await parts.next()).value).toContain('"role":"assistant"');
    const generation = house.service.generations[1];
    generation?.log.append('Be');
    expect((await parts.next()).value).toContain('"content":"Be"');
    generation?.complete();
    expect((await parts.next()).value).toContain('"finish_reason":"stop"');
  });

  it.each([true, false])('ends when its client leaves (stream: %s)', async (isStream) => {
    await start();
    house.service.script = () => {};
    const outgoing = send(CHATS, { ...hello, stream: isStream });
    await until(() => house.service.generations.length === 1);
    if (isStream) await answered(outgoing);
    outgoing.destroy();
    await until(() => house.service.generations[0]?.log.end?.outcome === 'cancelled');
  });

  it('whose client leaves while it is being created ends', async () => {
    await start({ limits: { connections: 1 } });
    let open = () => {};
    house.service.gate = () => new Promise((resolve) => (open = resolve));
    const outgoing = send(CHATS, hello);
    await until(() => house.service.requests.length === 1);
    outgoing.destroy();
    house.service.gate = async () => {};
    // Its place is free when the server has noticed.
    while ((await ask(CHATS, hello)).status === 503);
    house.service.script = () => {};
    open();
    await until(() => ended(1) === 'cancelled');
  });

  it('is made no faster than its client reads, and cut when that reads no more', async () => {
    await start({ limits: { pauseBytes: 4096, stallMs: 1000 } });
    const tokens = Array.from({ length: 20_000 }, () => 'x'.repeat(1000));
    house.service.script = (generation) => generation.log.append(...tokens);
    const socket = write([TEXTS, { prompt: 'p', stream: true }]);
    await until(() => house.service.generations.length === 1);
    const read = () => house.service.generations[0]?.log.furthestRead ?? -1;
    let last = -1;
    let unchanged = 0;
    await until(() => {
      unchanged = read() === last ? unchanged + 1 : 0;
      last = read();
      return unchanged > 200;
    });
    expect(read()).toBeGreaterThan(0);
    expect(read()).toBeLessThan(tokens.length - 1);
    expect(ended(0)).toBeUndefined();
    house.scheduler.advance(2000);
    await until(() => ended(0) === 'cancelled');
    socket.destroy();
  });

  it('that nobody reads to its end is cut, and its place is free again', async () => {
    await start({ limits: { connections: 1, stallMs: 1000, pauseBytes: 64_000_000, cutBytes: 128_000_000 } });
    house.service.script = (generation) => {
      generation.log.append(LONG);
      generation.complete();
    };
    const socket = write([TEXTS, { prompt: 'p', stream: true }]);
    await until(() => ended(0) === 'completed');
    house.service.script = (generation) => generation.complete();
    expect(await ask(CHATS, hello)).toMatchObject({ status: 503 });
    house.scheduler.advance(2000);
    while ((await ask(CHATS, hello)).status === 503);
    socket.destroy();
  });

  it('that waits behind another of its connection ends with that', async () => {
    await start();
    house.service.script = () => {};
    const socket = write([CHATS, hello], [CHATS, hello], [CHATS, { ...hello, stream: true }]);
    await until(() => house.service.generations.length === 3);
    socket.destroy();
    await until(() => [0, 1, 2].every((index) => ended(index) === 'cancelled'));
  });
});

describe('the way to completions', () => {
  it('is for those with a key, and from pages that may', async () => {
    await start({ keys: ['long-enough'], allowedOrigins: ['https://example.org'] });
    expect(await ask(CHATS, hello)).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_api_key' } },
    });
    const key = { authorization: 'Bearer long-enough' };
    expect(await ask(CHATS, hello, { ...key, origin: 'https://evil.org' })).toMatchObject({
      status: 403,
      body: { error: { code: 'origin_not_allowed' } },
    });
    const allowed = await ask(CHATS, hello, { ...key, origin: 'https://example.org' });
    expect(allowed).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://example.org', vary: 'Origin' },
    });
    expect(house.service.requests).toHaveLength(1);
  });

  it('tells browsers beforehand what pages may ask with', async () => {
    await start({ allowedOrigins: ['https://example.org'] });
    const preflight = (origin: string) =>
      new Promise<IncomingMessage>((resolve) => {
        const headers = {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,x-stainless-os',
        };
        const { port } = house.gateway;
        request({ port, host: '127.0.0.1', path: CHATS, method: 'OPTIONS', headers }, resolve).end();
      });
    expect(await preflight('https://example.org')).toMatchObject({
      statusCode: 204,
      headers: {
        'access-control-allow-origin': 'https://example.org',
        'access-control-allow-headers': 'authorization,x-stainless-os',
      },
    });
    expect((await preflight('https://evil.org')).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('is open to clients that offer another protocol, which is declined', async () => {
    await start();
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n';
    const text = [TEXTS, { prompt: 'p' }] as const;
    const last = [TEXTS, { prompt: 'p' }, 'connection: close\r\n'] as const;
    const socket = write(text, [CHATS, hello, offer], [CHATS, hello, offer], last);
    let answers = '';
    for await (const part of socket) answers += part;
    expect(answers.match(/HTTP\/1\.1 .*/g)).toEqual(Array(4).fill('HTTP/1.1 200 OK'));
    expect(answers.match(/"(text|content)":"Because"/g)).toEqual([
      '"text":"Because"',
      '"content":"Because"',
      '"content":"Because"',
      '"text":"Because"',
    ]);
  });

  it('is POST', async () => {
    await start();
    const { port } = house.gateway;
    const response = await fetch(`http://127.0.0.1:${port}${CHATS}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it('is closed while the server drains, and open for what runs', async () => {
    await start();
    house.service.script = () => {};
    const reply = ask(CHATS, hello);
    await until(() => house.service.generations.length === 1);
    const drained = house.gateway.drain();
    expect(await ask(CHATS, hello)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    house.service.generations[0]?.complete();
    expect(await reply).toMatchObject({ status: 200 });
    await drained;
  });

  it('does not wait for what has not come whole when the server drains', async () => {
    await start();
    const socket = connect(house.gateway.port, '127.0.0.1');
    socket.write(`POST ${CHATS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{"`);
    const { port } = house.gateway;
    // Asked later, answered when the other is there.
    await fetch(`http://127.0.0.1:${port}/health`);
    const drained = house.gateway.drain();
    const [part] = await once(socket, 'data');
    expect(String(part)).toMatch(/^HTTP\/1\.1 503 /);
    socket.destroy();
    await drained;
  });

  it('ends with a word for those whom the server does not wait for', async () => {
    await start({ limits: { drainMs: 0 } });
    house.service.script = () => {};
    const whole = ask(CHATS, hello);
    await until(() => house.service.generations.length === 1);
    const events = stream(CHATS, hello);
    await until(() => house.service.generations.length === 2);
    const closed = house.gateway.close();
    await until(() => {
      house.scheduler.advance(1);
      return house.service.generations.every(({ log }) => log.end?.outcome === 'cancelled');
    });
    expect(await whole).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect((await events).at(-1)).toMatchObject({ error: { code: 'unavailable' } });
    await closed;
  });

  it('takes as many as there may be connections', async () => {
    await start({ limits: { connections: 1 } });
    house.service.script = () => {};
    const first = send(CHATS, hello);
    await until(() => house.service.generations.length === 1);
    expect(await ask(CHATS, hello)).toMatchObject({ status: 503, body: { error: { code: 'busy' } } });
    first.destroy();
    await until(() => house.service.generations[0]?.log.end !== undefined);
    house.service.script = (generation) => generation.complete();
    expect(await ask(CHATS, hello)).toMatchObject({ status: 200 });
  });
});

describe('the models', () => {
  it('are the one that is served', async () => {
    await start({ keys: ['long-enough'] });
    const read = async (path: string, headers = { authorization: 'Bearer long-enough' }) => {
      const response = await fetch(`http://127.0.0.1:${house.gateway.port}${path}`, { headers });
      return { status: response.status, body: await response.json() };
    };
    const model = { id: 'scripted', object: 'model', created: expect.any(Number), owned_by: 'slipstream' };
    expect(await read('/v1/models')).toEqual({ status: 200, body: { object: 'list', data: [model] } });
    expect(await read('/v1/models/scripted')).toEqual({ status: 200, body: model });
    expect(await read('/v1/models/gpt%2F4')).toMatchObject({
      status: 404,
      body: {
        error: { code: 'model_not_found', message: 'model is "gpt/4", but this server has "scripted"' },
      },
    });
    expect(await read('/v1/models/%E0')).toMatchObject({ status: 404 });
    expect(await read('/v1/models', { authorization: '' })).toMatchObject({ status: 401 });
  });
});
