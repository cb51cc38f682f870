import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GenerationRequest } from '../../src/core/engine.js';
import { ContextLengthError, InvalidOptionError } from '../../src/core/errors.js';
import { compileRequest, prepareRequest, type RequestContext } from '../../src/core/request.js';
import { checkRequest, REQUEST_RANGES, respellField } from '../../src/core/request-check.js';
import { samplerParametersSchema } from '../../src/core/sampler-parameters.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

/** One token per UTF-16 unit; `<end>` is 256 where special tokens count. */
const tokenizer: Tokenizer = {
  vocabularySize: 300,
  hash: 'test',
  endTokenIds: [256, 257],
  specialTokenIds: new Set([256, 257]),
  encode: (text, options) =>
    (options?.special ? text.split(/(<end>)/) : [text]).flatMap((part) =>
      options?.special && part === '<end>' ? [256] : Array.from(part, (c) => c.charCodeAt(0) % 256),
    ),
  tokenBytes: (id) => Uint8Array.of(id),
  encodeChat: (messages) => messages.flatMap((message) => [256, ...tokenizer.encode(message.content)]),
  tokenName: (id) => String(id),
};

const context: RequestContext = {
  tokenizer,
  model: { contextTokens: 64 },
  defaults: { mode: 'dsi', lookahead: 3, targets: 2 },
  newId: () => 'id-1',
  newSeed: () => 42,
};

const compile = (request: GenerationRequest, changes: Partial<RequestContext> = {}) =>
  compileRequest(request, { ...context, ...changes });

/** What JavaScript callers and wires may send, whatever the types say. */
const loose = (request: Readonly<Record<string, unknown>>) => request as GenerationRequest;

function refusal(request: Readonly<Record<string, unknown>>, changes: Partial<RequestContext> = {}) {
  try {
    compile(loose(request), changes);
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(request)}`);
}

describe('defaults', () => {
  test('a bare prompt is greedy, with everything off and the defaults of the engine', () => {
    expect(compile({ prompt: 'ab' })).toEqual({
      id: 'id-1',
      promptTokenIds: [97, 98],
      seed: 42,
      maxTokens: 62,
      stop: [],
      mode: 'dsi',
      lookahead: 3,
      targets: 2,
      sampler: {
        temperature: 0,
        topK: 0,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        presencePenalty: 0,
        frequencyPenalty: 0,
        logitBias: [],
        minTokens: 0,
        endTokenIds: [256, 257],
        promptLength: 2,
      },
    });
  });

  test('what the request says wins over the defaults', () => {
    const compiled = compile({
      prompt: 'ab',
      mode: 'si',
      lookahead: 9,
      targets: 1,
      maxTokens: 5,
      seed: 0,
      stop: ['x', 'yy'],
      temperature: 0.7,
      topK: 40,
      topP: 0.9,
      minP: 0.05,
      repetitionPenalty: 1.1,
      presencePenalty: -1,
      frequencyPenalty: 2,
      minTokens: 5,
      logitBias: { '200': -100, '9': 1.5 },
      ignoreEndTokens: true,
    });
    expect(compiled).toMatchObject({ mode: 'si', lookahead: 9, targets: 1, maxTokens: 5, seed: 0 });
    expect(compiled.stop).toEqual(['x', 'yy']);
    expect(compiled.sampler).toEqual({
      temperature: 0.7,
      topK: 40,
      topP: 0.9,
      minP: 0.05,
      repetitionPenalty: 1.1,
      presencePenalty: -1,
      frequencyPenalty: 2,
      minTokens: 5,
      logitBias: [
        [9, 1.5],
        [200, -100],
      ],
      endTokenIds: [],
      promptLength: 2,
    });
  });

  test('without a planned lookahead or target limit they stay open', () => {
    const compiled = compile({ prompt: 'a' }, { defaults: { mode: 'si' } });
    expect(compiled).toMatchObject({ mode: 'si', lookahead: undefined, targets: undefined });
  });

  test('a default lookahead is for the modes that draft', () => {
    expect(compile({ prompt: 'a', mode: 'si' }).lookahead).toBe(3);
    expect(compile({ prompt: 'a', mode: 'none' }).lookahead).toBeUndefined();
  });

  test.each([
    ['none', undefined, undefined],
    ['si', 4, undefined],
    ['dsi', 4, 2],
    ['auto', 4, 2],
  ] as const)(
    'lookahead and wait may stand beside a default mode, and of them that holds which means something in %s',
    (mode, lookahead, wait) => {
      const compiled = compile({ prompt: 'a', lookahead: 4, wait: 2 }, { defaults: { mode } });
      expect(compiled).toMatchObject({ mode, lookahead, wait });
    },
  );

  test('a single stop string is a list of one', () => {
    expect(compile({ prompt: 'a', stop: 'END' }).stop).toEqual(['END']);
  });
});

describe('prompts', () => {
  test('what looks like a special token is text in a prompt and counts in a raw prompt', () => {
    expect(compile({ prompt: '<end>' }).promptTokenIds).toHaveLength(5);
    expect(compile({ rawPrompt: '<end>' }).promptTokenIds).toEqual([256]);
  });

  test('messages go through the chat template', () => {
    const messages = [{ role: 'user', content: 'hi' }] as const;
    expect(compile({ messages }).promptTokenIds).toEqual([256, 104, 105]);
    const { encodeChat: _, ...withoutTemplate } = tokenizer;
    expect(refusal({ messages }, { tokenizer: withoutTemplate }).message).toMatch(
      /^messages is a list of 1, but must be left out: this model has no chat template/,
    );
  });

  test('token ids are taken as they are, within the vocabulary', () => {
    expect(compile({ promptTokenIds: [0, 299] }).promptTokenIds).toEqual([0, 299]);
    expect(refusal({ promptTokenIds: [0, 300] }).message).toBe(
      'promptTokenIds[1] is 300, but must be a token id from 0 to 299',
    );
  });

  test.each([
    [{}, 'prompt'],
    [{ prompt: '' }, 'prompt'],
    [{ rawPrompt: '' }, 'rawPrompt'],
    [{ prompt: 7 }, 'prompt'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [null] }, 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ promptTokenIds: [] }, 'promptTokenIds'],
    [{ promptTokenIds: [1, -1] }, 'promptTokenIds[1]'],
    [{ promptTokenIds: [1.5] }, 'promptTokenIds[0]'],
  ])('%j is refused, naming %s', (request, field) => {
    expect(refusal(request).field).toBe(field);
  });

  test('two kinds of prompt are refused', () => {
    expect(refusal({ prompt: 'a', rawPrompt: 'b' }).message).toBe(
      'rawPrompt is "b", but must be left out when prompt is given',
    );
  });

  test('a text that encodes to nothing is refused', () => {
    expect(refusal({ prompt: 'x' }, { tokenizer: { ...tokenizer, encode: () => [] } }).field).toBe('prompt');
  });
});

describe('context', () => {
  test('a prompt without a token is refused, in every form', () => {
    const mute = { ...tokenizer, encode: () => [], encodeChat: () => [] };
    const messages = [{ role: 'user', content: ' ' }];
    for (const [field, value] of Object.entries({ prompt: ' ', rawPrompt: ' ', messages }))
      expect(refusal({ [field]: value }, { tokenizer: mute })).toMatchObject({
        field,
        value,
        allowed: 'a text of at least one token',
      });
  });

  test('what does not fit is cut, the fewest tokens with the most, so that it can be asked for again', () => {
    const { maxTokens, sampler } = compile({ prompt: 'a', maxTokens: 1000, minTokens: 900 });
    expect([maxTokens, sampler.minTokens]).toEqual([63, 63]);
    expect(compile({ prompt: 'a', maxTokens, minTokens: sampler.minTokens }).sampler.minTokens).toBe(63);
  });

  test('a request is checked before its prompt is encoded, and what it holds may change meanwhile', () => {
    const unasked = () => {
      throw new Error('encoded');
    };
    const late = { ...context, tokenizer: { ...tokenizer, encode: unasked, encodeChat: unasked } };
    expect(() => prepareRequest({ prompt: 'a', topP: 2 }, late)).toThrow(InvalidOptionError);
    expect(() => prepareRequest({ prompt: 'a'.repeat(3000) }, late)).toThrow(InvalidOptionError);
    const message = { role: 'user' as const, content: 'a' };
    const { prompt, complete } = prepareRequest({ messages: [message] }, late);
    message.content = 'b';
    expect(prompt).toEqual({ kind: 'chat', messages: [{ role: 'user', content: 'a' }] });
    expect(complete([5, 6])).toMatchObject({ id: 'id-1', promptTokenIds: [5, 6], maxTokens: 62 });
  });

  test('prompt and output fill the context, and one token must fit after the prompt', () => {
    expect(compile({ prompt: 'a'.repeat(60), maxTokens: 10 }).maxTokens).toBe(4);
    expect(compile({ prompt: 'a'.repeat(63), maxTokens: 10 }).maxTokens).toBe(1);
    expect(() => compile({ prompt: 'a'.repeat(64) })).toThrow(ContextLengthError);
    expect(() => compile({ prompt: 'a'.repeat(64) })).toThrow(/64 tokens long.*context of 64/);
  });

  test('absurdly long texts never reach the tokenizer', () => {
    const encode = () => {
      throw new Error('tokenised');
    };
    const guarded = { tokenizer: { ...tokenizer, encode, encodeChat: encode } };
    const long = 'a'.repeat(32 * 64 + 1);
    expect(refusal({ prompt: long }, guarded).message).toBe(
      'prompt length is 2049, but must be 2048 characters at most',
    );
    expect(refusal({ messages: [{ role: 'user', content: long }] }, guarded).field).toBe('messages length');
  });
});

describe('ranges', () => {
  const fields = Object.entries(REQUEST_RANGES);

  test.each(fields)('%s takes its bounds and nothing beyond', (field, range) => {
    const step = 'whole' in range ? 1 : 1e-9;
    const lowest = 'aboveMinimum' in range ? range.minimum + step : range.minimum;
    for (const value of [lowest, Math.max(lowest, Math.min(range.maximum, 64))])
      expect(() => compile(loose({ prompt: 'a', [field]: value }))).not.toThrow();
    const below = 'aboveMinimum' in range ? range.minimum : range.minimum - step;
    const refused = [below, range.maximum + 1, Number.NaN, Number.POSITIVE_INFINITY, '1', null, true];
    for (const value of 'whole' in range ? [...refused, lowest + 0.5] : refused)
      expect(refusal({ prompt: 'a', [field]: value }).field).toBe(field);
  });

  test('the message names field, value and range', () => {
    expect(refusal({ prompt: 'a', topP: 0 }).message).toBe(
      'topP is 0, but must be a number above 0 and at most 1',
    );
    expect(refusal({ prompt: 'a', maxTokens: 0 }).message).toBe(
      'maxTokens is 0, but must be a whole number from 1 to 1000000',
    );
  });

  test('whatever is accepted is accepted by the wire', () => {
    const number = ({ minimum, maximum }: { minimum: number; maximum: number }, whole: boolean) =>
      whole
        ? fc.integer({ min: minimum, max: maximum })
        : fc.double({ min: minimum, max: maximum, noNaN: true });
    const request = fc.record(
      Object.fromEntries(fields.map(([field, range]) => [field, number(range, 'whole' in range)])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(request, (values) => {
        let sampler: unknown;
        try {
          sampler = compile(loose({ prompt: 'a', ...values })).sampler;
        } catch (error) {
          if (error instanceof InvalidOptionError) return;
          throw error;
        }
        expect(samplerParametersSchema.safeParse(sampler).error).toBeUndefined();
      }),
    );
  });
});

describe('other fields', () => {
  test.each([
    [{ mode: 'fast' }, 'mode'],
    [{ ignoreEndTokens: 1 }, 'ignoreEndTokens'],
    [{ stop: '' }, 'stop'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [{ stop: 'x'.repeat(257) }, 'stop'],
    [{ stop: [1] }, 'stop'],
    [{ stop: ['END', 1] }, 'stop[1]'],
    [{ logitBias: [1] }, 'logitBias'],
    [{ logitBias: { a: 1 } }, 'logitBias token id'],
    [{ logitBias: { '-1': 1 } }, 'logitBias token id'],
    [{ logitBias: { '300': 1 } }, 'logitBias token id'],
    [{ logitBias: { '3': 101 } }, 'logitBias of token 3'],
    [{ logitBias: { '3': 'x' } }, 'logitBias of token 3'],
    [{ logitBias: Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [i, 1])) }, 'logitBias'],
    [{ temprature: 1 }, 'temprature'],
  ])('%j is refused, naming %s', (fieldValue, field) => {
    expect(refusal({ prompt: 'a', ...fieldValue }).field).toBe(field);
  });

  test.each([
    [{ mode: 'none', lookahead: 4 }, 'lookahead is 4, but must be left out when mode is none'],
    [{ mode: 'none', wait: 0 }, 'wait is 0, but must be left out when mode is none'],
    [{ mode: 'si', wait: 3 }, 'wait is 3, but must be left out when mode is si'],
  ] as const)('what the mode asked for with it cannot use is refused: %j', (fields, message) => {
    expect(refusal({ prompt: 'a', ...fields }).message).toBe(message);
  });

  test.each([
    { mode: 'si', lookahead: 4 },
    { mode: 'dsi', lookahead: 4, wait: 3 },
    { mode: 'auto', lookahead: 4, wait: 3 },
    { mode: 'none', lookahead: undefined },
  ])('what it can use is not: %j', (fields) => {
    expect(() => compile(loose({ prompt: 'a', ...fields }))).not.toThrow();
  });

  test('an empty list of stop strings and fields set to undefined are as if left out', () => {
    expect(compile(loose({ prompt: 'a', stop: [], mode: undefined, other: undefined }))).toEqual(
      compile({ prompt: 'a' }),
    );
  });

  test('the least number of tokens cannot exceed the most', () => {
    expect(refusal({ prompt: 'a', minTokens: 257 }).message).toBe(
      'minTokens is 257, but must be maxTokens (256) at most',
    );
    expect(refusal({ prompt: 'a', minTokens: 4, maxTokens: 3 }).message).toBe(
      'minTokens is 4, but must be maxTokens (3) at most',
    );
  });
});

describe('names', () => {
  const nameOf = (field: string) => `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

  test('errors spell fields as the caller does', () => {
    expect(refusal({ prompt: 'a', topP: 2 }, { nameOf }).field).toBe('--top-p');
    expect(refusal({ promptTokenIds: [300] }, { nameOf }).field).toBe('--prompt-token-ids[0]');
    expect(refusal({ prompt: 'a', minTokens: 4, maxTokens: 3 }, { nameOf }).message).toBe(
      '--min-tokens is 4, but must be --max-tokens (3) at most',
    );
  });

  test('an error can be spelt anew afterwards', () => {
    expect(respellField(refusal({ promptTokenIds: [300] }), nameOf).field).toBe('--prompt-token-ids[0]');
    expect(respellField(refusal({ prompt: 'a', topK: -1 }), nameOf).message).toBe(
      '--top-k is -1, but must be a whole number from 0 to 1000000',
    );
    const other = new InvalidOptionError('modle', 1, 'left out');
    expect(respellField(other, nameOf)).toBe(other);
  });

  test('a request can be checked before there is a model', () => {
    expect(() => checkRequest({ prompt: 'a', topP: 2 }, nameOf)).toThrow('--top-p is 2');
    expect(() => checkRequest({ prompt: 'a' })).not.toThrow();
  });
});
