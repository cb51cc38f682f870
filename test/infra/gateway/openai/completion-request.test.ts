import { describe, expect, it } from 'vitest';
import { CHAT, TEXT } from '../../../../infra/gateway/openai/completion-kind.js';
import { asSpelled, readCompletionRequest } from '../../../../infra/gateway/openai/completion-request.js';
import { InvalidOptionError } from '../../../../src/core/errors.js';

const hello = { messages: [{ role: 'user', content: 'Hello' }] };

/** What a client is told of its request. */
function refused(kind: typeof CHAT, fields: Readonly<Record<string, unknown>>): string {
  try {
    readCompletionRequest(kind, fields);
  } catch (error) {
    if (error instanceof InvalidOptionError) return asSpelled(error, fields).message;
    throw error;
  }
  return '';
}

describe('a request of an OpenAI client', () => {
  it('is one for the engine, besides what is about the answer', () => {
    const fields = { prompt: 'p', max_tokens: 5, top_p: 0.5, stop: ['x'], model: 'm', user: 'u', n: null };
    expect(readCompletionRequest(TEXT, { ...fields, stream: true, frequency_penalty: 1 })).toEqual({
      requests: [{ prompt: 'p', maxTokens: 5, topP: 0.5, stop: ['x'], frequencyPenalty: 1 }],
      n: 1,
      promptNames: ['prompt'],
      model: 'm',
      stream: true,
      includeUsage: false,
      unknown: [],
    });
  });

  it('may ask for a mode, for usage in a stream, and for what nobody knows', () => {
    const extras = { speculative: { mode: 'dsi' }, stream_options: { include_usage: true }, store: false };
    expect(readCompletionRequest(CHAT, { ...hello, ...extras })).toMatchObject({
      requests: [{ ...hello, mode: 'dsi' }],
      includeUsage: true,
      stream: false,
      unknown: ['store'],
    });
  });

  it('has a choice for every prompt and every n, with seeds of their own', () => {
    const { requests, n } = readCompletionRequest(TEXT, { prompt: ['a', [1, 2]], n: 2, seed: 7 });
    expect(n).toBe(2);
    expect(requests).toEqual([
      { prompt: 'a', seed: 7 },
      { prompt: 'a', seed: 8 },
      { promptTokenIds: [1, 2], seed: 7 },
      { promptTokenIds: [1, 2], seed: 8 },
    ]);
    expect(readCompletionRequest(TEXT, { prompt: [5, 6] }).requests).toEqual([{ promptTokenIds: [5, 6] }]);
    const last = readCompletionRequest(TEXT, { prompt: 'a', n: 2, seed: Number.MAX_SAFE_INTEGER });
    expect(last.requests.map(({ seed }) => seed)).toEqual([Number.MAX_SAFE_INTEGER, 0]);
  });

  it('may have contents in parts, the developer as a speaker, and names of speakers', () => {
    const parts = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ];
    const messages = [
      { role: 'developer', content: 'Be brief.', name: 'x' },
      { role: 'user', content: parts },
    ];
    expect(readCompletionRequest(CHAT, { messages }).requests).toEqual([
      { messages: [{ role: 'system', content: 'Be brief.' }, ...hello.messages] },
    ]);
  });

  it('calls the length by its old or its new name', () => {
    const lengths = { max_tokens: 3, max_completion_tokens: 4 };
    expect(readCompletionRequest(CHAT, { ...hello, ...lengths }).requests).toMatchObject([{ maxTokens: 4 }]);
    expect(refused(CHAT, { ...hello, max_tokens: 0 })).toMatch(/^max_tokens is 0, but must be/);
    expect(refused(CHAT, { ...hello, max_completion_tokens: 0 })).toMatch(/^max_completion_tokens is 0/);
  });

  it('asks for log probabilities as chats do, and as texts do', () => {
    const asked = (kind: typeof CHAT, fields: object) =>
      readCompletionRequest(kind, { ...(kind.chat ? hello : { prompt: 'p' }), ...fields }).requests[0]
        ?.logprobs;
    expect(asked(CHAT, { logprobs: true })).toBe(0);
    expect(asked(CHAT, { logprobs: true, top_logprobs: 3 })).toBe(3);
    expect(asked(CHAT, { logprobs: false, top_logprobs: 0 })).toBeUndefined();
    expect(asked(TEXT, { logprobs: 4 })).toBe(4);
    expect(asked(TEXT, { logprobs: 0, n: 64 })).toBe(0);
    expect(asked(TEXT, { logprobs: 20, n: 12 })).toBe(20);
    expect(asked(TEXT, { logprobs: null })).toBeUndefined();
  });

  it('may say that it wants nothing that cannot be had', () => {
    const harmless = {
      ...{ logprobs: false, top_logprobs: 0, tools: [], functions: null, echo: false, suffix: '' },
      ...{ response_format: { type: 'text' }, best_of: 1 },
    };
    expect(refused(TEXT, { prompt: 'p', ...harmless })).toBe('');
  });

  it.each([
    [TEXT, {}, 'prompt is missing, but must be a text that is not empty, or token ids'],
    [TEXT, { prompt: [] }, 'prompt is a list of 0, but must be a list of 1 to 64 texts'],
    [TEXT, { prompt: ['a', ''] }, 'prompt[1] is "", but must be a text that is not empty, or token ids'],
    [TEXT, { prompt: [1, -1] }, 'prompt[1] is -1, but must be a whole number from 0'],
    [TEXT, { prompt: ['a', [1, -1]] }, 'prompt[1][1] is -1, but must be a whole number from 0'],
    [TEXT, { prompt: [[1], []] }, 'prompt[1] is a list of 0, but must be a list of at least one token id'],
    [
      CHAT,
      { ...hello, min_tokens: 4, max_completion_tokens: 3 },
      'min_tokens is 4, but must be max_completion_tokens (3) at most',
    ],
    [CHAT, { ...hello, min_tokens: 4, max_tokens: 3 }, 'min_tokens is 4, but must be max_tokens (3) at most'],
    [TEXT, { prompt: 'p', ...hello }, 'messages is a list of 1, but must be left out of a text_completion'],
    [CHAT, { ...hello, prompt: 'p' }, 'prompt is "p", but must be left out of a chat.completion'],
    [CHAT, {}, 'messages is missing, but must be a list of at least one message'],
    [CHAT, { messages: [{}] }, 'messages[0].role is missing, but must be system, user or assistant'],
    [CHAT, { messages: [null] }, 'messages[0].role is missing, but must be system, user or assistant'],
    [
      CHAT,
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].type is "image_url", but must be text: the model reads nothing else',
    ],
    [
      CHAT,
      { messages: [{ role: 'user', content: [{ type: 'text', text: 3 }] }] },
      'messages[0].content[0].text is 3, but must be a text',
    ],
    [CHAT, { ...hello, n: 65 }, 'n is 65, but must be a whole number from 1 to 64'],
    [TEXT, { prompt: ['a', 'b'], n: 33 }, 'n is 33, but must be such that there are 64 choices at most'],
    [
      TEXT,
      { prompt: 'p', prompt_token_ids: [1] },
      'prompt_token_ids is a list of 1, but must be left out of a text_completion',
    ],
    [CHAT, { ...hello, stream: 'yes' }, 'stream is "yes", but must be true or false'],
    [
      CHAT,
      { ...hello, stream_options: { include_usage: 1 } },
      'stream_options.include_usage is 1, but must be true or false',
    ],
    [CHAT, { ...hello, stream_options: 1 }, 'stream_options is 1, but must be an object with include_usage'],
    [CHAT, { ...hello, model: 3 }, 'model is 3, but must be a text'],
    [CHAT, { ...hello, temperature: 3 }, 'temperature is 3, but must be a number from 0 to 2'],
    [CHAT, { ...hello, logprobs: 2 }, 'logprobs is 2, but must be true or false'],
    [
      CHAT,
      { ...hello, logprobs: true, top_logprobs: 21 },
      /^top_logprobs is 21, but must be a whole number from/,
    ],
    [CHAT, { ...hello, top_logprobs: 2 }, 'top_logprobs is 2, but must be left out unless logprobs is true'],
    [TEXT, { prompt: 'p', logprobs: 21 }, 'logprobs is 21, but must be a whole number from 0 to 20'],
    [TEXT, { prompt: 'p', logprobs: true }, 'logprobs is true, but must be a whole number from 0 to 20'],
    [
      TEXT,
      { prompt: 'p', top_logprobs: 2 },
      'top_logprobs is 2, but must be left out: logprobs says how many',
    ],
    [TEXT, { prompt: 'p', n: 36, logprobs: 7 }, 'logprobs is 7, but must be 6 at most for 36 choices'],
    [
      CHAT,
      { ...hello, n: 13, logprobs: true, top_logprobs: 20 },
      /^top_logprobs is 20, but must be 18 at most for 13/,
    ],
    [CHAT, { ...hello, tools: [{}] }, /^tools is a list of 1, but must be left out/],
    [CHAT, { ...hello, response_format: { type: 'json_object' } }, /^response_format is of type object/],
    [TEXT, { prompt: 'p', echo: true }, /^echo is true, but must be left out/],
    [TEXT, { prompt: 'p', suffix: 's' }, /^suffix is "s", but must be left out/],
    [TEXT, { prompt: 'p', best_of: 3 }, 'best_of is 3, but must be left out, or n: every text is returned'],
  ] as const)('is refused by name: %o', (kind, fields, message) => {
    if (typeof message === 'string') expect(refused(kind, fields)).toBe(message);
    else expect(refused(kind, fields)).toMatch(message);
  });
});
