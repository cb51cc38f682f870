import { describe, expect, it } from 'vitest';
import { type EncodingThread, PromptEncoder } from '../../src/app/prompt-encoder.js';
import { BusyError } from '../../src/core/errors.js';
import type { Prompt } from '../../src/core/prompt.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

const tokenizer: Tokenizer = {
  vocabularySize: 2,
  hash: 'inline',
  endTokenIds: [],
  specialTokenIds: new Set(),
  encode: (text, options) => [options?.special ? 1 : 0, text.length],
  encodeChat: (messages) => [messages.length],
  tokenBytes: () => new Uint8Array(0),
  tokenName: () => undefined,
};

/** Answers nothing, and says how much waits. */
class FakeThread implements EncodingThread {
  readonly given: Prompt[] = [];
  closed = false;
  get pending(): number {
    return this.given.length;
  }
  encode(prompt: Prompt): Promise<number[]> {
    this.given.push(prompt);
    return Promise.resolve([7]);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

const prompt = (text: string, special = false): Prompt => ({ kind: 'text', text, special });
const chat = (count: number, content: string): Prompt => ({
  kind: 'chat',
  messages: Array.from({ length: count }, () => ({ role: 'user' as const, content })),
});

describe('a prompt encoder', () => {
  it('encodes what is short at once, and ids at any length', () => {
    const thread = new FakeThread();
    const encoder = new PromptEncoder(tokenizer, thread, 2);
    expect(encoder.encode(prompt('a'.repeat(2000)))).toEqual([0, 2000]);
    expect(encoder.encode(prompt('a', true))).toEqual([1, 1]);
    expect(encoder.encode(chat(30, 'hello'))).toEqual([30]);
    const tokenIds = new Array<number>(100_000).fill(1);
    expect(encoder.encode({ kind: 'tokens', tokenIds })).toBe(tokenIds);
    expect(thread.given).toEqual([]);
  });

  it('leaves long texts, long chats and many short messages to the thread', async () => {
    const thread = new FakeThread();
    const encoder = new PromptEncoder(tokenizer, thread, 3);
    const long = [prompt('a'.repeat(2001)), chat(2, 'a'.repeat(1000)), chat(50, '')];
    for (const given of long.slice(0, 2)) expect(await encoder.encode(given)).toEqual([7]);
    expect(encoder.encode(chat(40, ''))).toEqual([40]);
    expect(await encoder.encode(long[2] as Prompt)).toEqual([7]);
    expect(thread.given).toEqual(long);
  });

  it('refuses more long prompts than may wait', () => {
    const encoder = new PromptEncoder(tokenizer, new FakeThread(), 1);
    void encoder.encode(prompt('a'.repeat(3000)));
    expect(() => encoder.encode(prompt('b'.repeat(3000)))).toThrow(BusyError);
    expect(encoder.encode(prompt('b'))).toEqual([0, 1]);
  });

  it('ends the thread when it is closed', async () => {
    const thread = new FakeThread();
    await new PromptEncoder(tokenizer, thread, 1).close();
    expect(thread.closed).toBe(true);
  });
});
