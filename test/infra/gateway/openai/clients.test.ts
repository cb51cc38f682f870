import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BusyError, WorkerFailedError } from '../../../../src/core/errors.js';
import { startTestGateway, type TestGateway } from '../../../support/test-gateway.js';

const KEY = 'long-enough';
const messages = [{ role: 'user' as const, content: 'Why is the sky blue?' }];

let house: TestGateway;
let baseURL: string;
beforeEach(async () => {
  house = await startTestGateway({ keys: [KEY] });
  baseURL = `${house.gateway.url}/v1`;
  house.service.script = (generation) => {
    generation.log.append('Because', ' of', ' scattering.');
    generation.complete();
  };
});
afterEach(() => house.stop());

describe('the openai package', () => {
  const client = (apiKey = KEY) => new OpenAI({ baseURL, apiKey, maxRetries: 0 });

  it('gets chats, whole and streamed', async () => {
    const whole = await client().chat.completions.create({ model: 'scripted', messages, seed: 5, n: 2 });
    expect(whole.choices.map(({ message }) => message.content)).toEqual([
      'Because of scattering.',
      'Because of scattering.',
    ]);
    expect(whole.usage).toEqual({ prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 });
    expect(house.service.requests).toEqual([
      { messages, seed: 5 },
      { messages, seed: 6 },
    ]);
    const stream = client().chat.completions.stream({ model: 'scripted', messages });
    expect(await stream.finalContent()).toBe('Because of scattering.');
    expect((await stream.finalMessage()).role).toBe('assistant');
  });

  it('gets texts, whole and streamed, with what they took', async () => {
    const request = { model: 'scripted', prompt: 'Why?', max_tokens: 9 };
    expect((await client().completions.create(request)).choices[0]?.text).toBe('Because of scattering.');
    const stream = await client().completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let tokens: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      tokens = chunk.usage?.completion_tokens;
    }
    expect({ text, tokens }).toEqual({ text: 'Because of scattering.', tokens: 3 });
  });

  it('gets log probabilities, whole and streamed', async () => {
    const likely = { token: 1, bytes: new TextEncoder().encode('Because'), logprob: -0.5 };
    house.service.script = (generation) => {
      generation.log.commit({ token: 1, text: 'Because', logprobs: { ...likely, top: [likely] } });
      generation.complete();
    };
    const request = { model: 'scripted', messages, logprobs: true, top_logprobs: 1 };
    const whole = await client().chat.completions.create(request);
    const entry = { token: 'Because', logprob: -0.5, bytes: [...likely.bytes] };
    expect(whole.choices[0]?.logprobs?.content).toEqual([{ ...entry, top_logprobs: [entry] }]);
    const final = await client().chat.completions.stream(request).finalChatCompletion();
    expect(final.choices[0]?.logprobs?.content).toEqual(whole.choices[0]?.logprobs?.content);
    const text = await client().completions.create({ model: 'scripted', prompt: 'Why?', logprobs: 1 });
    expect(text.choices[0]?.logprobs).toMatchObject({ tokens: ['Because'], token_logprobs: [-0.5] });
  });

  it('ends a generation that is not listened to any more', async () => {
    house.service.script = (generation) => generation.log.append('Because');
    const stream = await client().chat.completions.create({ model: 'scripted', messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'Because') break;
    const [generation] = house.service.generations;
    await new Promise<void>((resolve) => {
      const look = () => (generation?.log.end === undefined ? setImmediate(look) : resolve());
      look();
    });
    expect(generation?.log.end?.outcome).toBe('cancelled');
  });

  it('lists the models', async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['scripted']);
    expect((await client().models.retrieve('scripted')).id).toBe('scripted');
    await expect(client().models.retrieve('other')).rejects.toThrow(OpenAI.NotFoundError);
  });

  it('knows errors by their class', async () => {
    const create = (more: object = {}, key?: string) =>
      client(key).chat.completions.create({ model: 'scripted', messages, ...more });
    await expect(create({ temperature: 3 })).rejects.toThrow(OpenAI.BadRequestError);
    await expect(create({ temperature: 3 })).rejects.toMatchObject({ param: 'temperature', status: 400 });
    await expect(create({}, 'another-key')).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(create({ model: 'other' })).rejects.toThrow(OpenAI.NotFoundError);
    house.service.gate = async () => {
      throw new BusyError('full');
    };
    await expect(create()).rejects.toThrow(OpenAI.RateLimitError);
  });

  it('is told what ends a stream', async () => {
    house.service.script = (generation) => {
      generation.log.append('Because');
      generation.fail(new WorkerFailedError('secret'));
    };
    const read = async () => {
      const stream = await client().chat.completions.create({ model: 'scripted', messages, stream: true });
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'worker_failed', type: 'server_error' });
  });
});

describe('the AI SDK', () => {
  const model = () =>
    createOpenAICompatible({ name: 'slipstream', baseURL, apiKey: KEY, includeUsage: true })('scripted');

  it('gets chats, whole and streamed', async () => {
    const whole = await generateText({ model: model(), messages, maxOutputTokens: 9 });
    expect(whole).toMatchObject({ text: 'Because of scattering.', finishReason: 'stop' });
    expect(whole.usage).toMatchObject({ inputTokens: 3, outputTokens: 3 });
    expect(house.service.requests).toEqual([{ messages, maxTokens: 9 }]);
    const stream = streamText({ model: model(), messages });
    let text = '';
    for await (const part of stream.textStream) text += part;
    expect(text).toBe('Because of scattering.');
    expect(await stream.usage).toMatchObject({ inputTokens: 3, outputTokens: 3 });
    expect(await stream.finishReason).toBe('stop');
  });

  it('is told why it gets none', async () => {
    const error: unknown = await generateText({
      model: model(),
      messages,
      temperature: 3,
      maxRetries: 0,
    }).catch((thrown: unknown) => thrown);
    expect(APICallError.isInstance(error) && error.statusCode).toBe(400);
    expect(String(error)).toContain('temperature is 3, but must be a number from 0 to 2');
  });
});
