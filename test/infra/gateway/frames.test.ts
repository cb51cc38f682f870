import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClientFrame, tokenFrame } from '../../../infra/gateway/frames.js';
import { inWireNames, requestFromWire, wireParameters } from '../../../infra/gateway/wire-request.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';

function refusal(act: () => unknown): { field: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidOptionError) return { field: error.field, message: error.message };
    throw error;
  }
  throw new Error('not refused');
}

describe('client frames', () => {
  test('are read by their type', () => {
    expect(parseClientFrame('{"type":"generation.resume","id":"g","after":-1}')).toEqual({
      type: 'generation.resume',
      id: 'g',
      after: -1,
    });
    expect(parseClientFrame('{"type":"generation.cancel","id":"g","ref":"r"}')).toMatchObject({ ref: 'r' });
    expect(parseClientFrame('{"type":"generation.create","prompt":"p","x":1}')).toMatchObject({ x: 1 });
    expect(parseClientFrame('{"type":"generation.create","ref":null}')).toMatchObject({ ref: undefined });
  });

  test.each([
    ['{', 'frame', 'frame is "{", but must be a JSON object'],
    ['[]', 'frame', 'frame is "[]", but must be a JSON object'],
    ['null', 'frame', 'frame is "null", but must be a JSON object'],
    [
      '{"type":"generate"}',
      'type',
      'type is "generate", but must be generation.create, generation.resume or generation.cancel',
    ],
    ['{}', 'type', 'type is missing, but must be generation.create, generation.resume or generation.cancel'],
    [
      '{"type":"generation.resume","after":0}',
      'id',
      'id is missing, but must be the id of a generation, 1 to 64 characters',
    ],
    [
      '{"type":"generation.resume","id":"g","after":-2}',
      'after',
      'after is -2, but must be a whole number from -1',
    ],
    [
      '{"type":"generation.resume","id":"g","after":1.5}',
      'after',
      'after is 1.5, but must be a whole number from -1',
    ],
    [
      '{"type":"generation.create","prompt":"p","ref":5}',
      'ref',
      'ref is 5, but must be a text of at most 64 characters',
    ],
  ])('%s is refused for its %s', (text, field, message) => {
    expect(refusal(() => parseClientFrame(text))).toEqual({ field, message });
  });

  test('whatever the text, the answer is a frame or one clear line', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom('generation.resume', 'generation.cancel', '__proto__'),
          id: fc.anything(),
        })
        .map((frame) => JSON.stringify(frame)),
    );
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseClientFrame(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionError);
          expect((error as Error).message.length).toBeLessThan(300);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('token frames', () => {
  const token = { seq: 0, token: 5, text: 'a', drafted: true, atMs: 1 };
  const likely = { token: 5, bytes: Uint8Array.of(97), logprob: -0.5 };

  test('tell how likely a token was where that is known', () => {
    const plain = { type: 'token', id: 'g', seq: 0, token: 5, text: 'a', drafted: true };
    expect(tokenFrame('g', token)).toEqual(plain);
    expect(tokenFrame('g', { ...token, logprobs: { ...likely, top: [likely] } })).toEqual({
      ...plain,
      logprob: -0.5,
      top_logprobs: [{ token: 5, text: 'a', logprob: -0.5 }],
    });
  });
});

describe('requests', () => {
  test('are translated field by field; null counts as left out', () => {
    const { request, unknown } = requestFromWire({
      prompt: 'p',
      max_tokens: 5,
      min_tokens: 1,
      temperature: 0.5,
      top_k: 3,
      top_p: 0.9,
      min_p: 0.1,
      repetition_penalty: 1.1,
      presence_penalty: -1,
      frequency_penalty: 1,
      logit_bias: { 7: 3 },
      seed: 9,
      stop: ['a', 'b'],
      ignore_eos: true,
      logprobs: 2,
      messages: null,
      speculative: { mode: 'none', lookahead: null, targets: 2, drafters: 3 },
      user: 'u',
      'speculative.lookahead': 3,
    });
    expect(request).toEqual({
      prompt: 'p',
      maxTokens: 5,
      minTokens: 1,
      temperature: 0.5,
      topK: 3,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.1,
      presencePenalty: -1,
      frequencyPenalty: 1,
      logitBias: { 7: 3 },
      seed: 9,
      stop: ['a', 'b'],
      ignoreEndTokens: true,
      logprobs: 2,
      mode: 'none',
      targets: 2,
    });
    expect(unknown.toSorted()).toEqual(['speculative.drafters', 'speculative.lookahead', 'user']);
  });

  test.each([
    [{}, 'prompt', 'prompt is missing, but must be given'],
    [{ prompt: 'p', messages: [] }, 'messages', 'must be left out when prompt is given'],
    [{ prompt: 5 }, 'prompt', 'must be a text that is not empty'],
    [
      { prompt: 'p', temperature: 2.5 },
      'temperature',
      'temperature is 2.5, but must be a number from 0 to 2',
    ],
    [{ prompt: 'p', top_p: 0 }, 'top_p', 'top_p is 0, but must be a number above 0 and at most 1'],
    [{ prompt: 'p', max_tokens: '5' }, 'max_tokens', 'max_tokens is "5", but must be a whole number from 1'],
    [{ prompt: 'p', min_tokens: 3, max_tokens: 2 }, 'min_tokens', 'must be max_tokens (2) at most'],
    [{ prompt: 'p', min_tokens: 300 }, 'min_tokens', 'must be max_tokens (256) at most'],
    [{ prompt: 'p', stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'must be up to 4 texts'],
    [{ prompt: 'p', logit_bias: { x: 1 } }, 'logit_bias token id', 'must be a whole number from 0'],
    [{ prompt: 'p', logit_bias: { 1: 101 } }, 'logit_bias of token 1', 'must be a number from -100 to 100'],
    [{ prompt: 'p', ignore_eos: 1 }, 'ignore_eos', 'must be true or false'],
    [{ prompt: 'p', speculative: 'dsi' }, 'speculative', 'must be an object with any of mode, lookahead'],
    [
      { prompt: 'p', speculative: { mode: 'fast' } },
      'speculative.mode',
      '"fast", but must be auto, none, si or dsi',
    ],
    [{ prompt: 'p', speculative: { lookahead: 65 } }, 'speculative.lookahead', 'a whole number from 1 to 64'],
    [
      { prompt: 'p', speculative: { mode: 'none', lookahead: 4 } },
      'speculative.lookahead',
      'speculative.lookahead is 4, but must be left out when speculative.mode is none',
    ],
    [{ prompt: 'p', speculative: { targets: 0 } }, 'speculative.targets', 'a whole number from 1 to 64'],
  ])('%j is refused', (fields, field, message) => {
    const refused = refusal(() => requestFromWire(fields));
    expect(refused.field).toBe(field);
    expect(refused.message).toContain(message);
  });

  test('an engine’s later complaint names the field as the wire does', () => {
    const rename = (field: string) => inWireNames(new InvalidOptionError(field, 9, 'less')).message;
    expect(rename('logitBias token id')).toBe('logit_bias token id is 9, but must be less');
    expect(rename('prompt length')).toBe('prompt length is 9, but must be less');
    expect(rename('messages[0].role')).toBe('messages[0].role is 9, but must be less');
    expect(rename('mode')).toBe('speculative.mode is 9, but must be less');
  });

  test('the parameters in force are themselves a request for the same', () => {
    const sampler = { ...neutralSampler, temperature: 1, logitBias: [[3, 1.5]] as [number, number][] };
    const parameters = wireParameters({
      id: 'g',
      promptTokenIds: [1],
      seed: 4,
      maxTokens: 8,
      stop: ['x'],
      mode: 'si',
      lookahead: undefined,
      targets: 3,
      sampler: { ...sampler, promptLength: 1 },
    });
    expect(requestFromWire({ prompt: 'p', ...parameters })).toEqual({
      request: {
        prompt: 'p',
        maxTokens: 8,
        minTokens: 0,
        temperature: 1,
        topK: 0,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        presencePenalty: 0,
        frequencyPenalty: 0,
        logitBias: { 3: 1.5 },
        seed: 4,
        stop: ['x'],
        ignoreEndTokens: true,
        mode: 'si',
        targets: 3,
      },
      unknown: [],
    });
  });
});
