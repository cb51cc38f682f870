import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTokenizer, type TokenizerSource } from '../../../infra/models/tokenizer-source.js';
import { TokenizerThread } from '../../../infra/models/tokenizer-thread.js';
import {
  InvalidOptionError,
  ModelFormatError,
  SystemError,
  UnavailableError,
} from '../../../src/core/errors.js';
import { encodePrompt, type Prompt } from '../../../src/core/prompt.js';
import { writeTinyTokenizer } from '../../support/tiny-tokenizer.js';

const folder = mkdtempSync(join(tmpdir(), 'slipstream-tokenizer-thread-'));
const source: TokenizerSource = { kind: 'folder', folder, vocabularySize: 500 };
const text = (words: string, special = false): Prompt => ({ kind: 'text', text: words, special });
const threads: TokenizerThread[] = [];
const open = (from: TokenizerSource = source): TokenizerThread => {
  const thread = new TokenizerThread(from);
  threads.push(thread);
  return thread;
};

beforeAll(() => writeTinyTokenizer(folder, 500));
afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.close())));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a tokenizer in a thread of its own', () => {
  it('encodes as the tokenizer does, whatever the prompt', async () => {
    const thread = open();
    const tokenizer = openTokenizer(source);
    const messages = [
      { role: 'system', content: 'the <|end|> of\n' },
      { role: 'user', content: 'ünder the séa' },
    ] as const;
    const prompts: Prompt[] = [
      text('the <|end|> of the rope'),
      text('the <|end|> of the rope', true),
      text(''),
      { kind: 'chat', messages },
      { kind: 'tokens', tokenIds: [3, 1, 4] },
    ];
    expect(await Promise.all(prompts.map((prompt) => thread.encode(prompt)))).toEqual(
      prompts.map((prompt) => encodePrompt(tokenizer, prompt)),
    );
    expect(await open({ kind: 'sim' }).encode(text('old sailor'))).toHaveLength(2);
  });

  it('lets the event loop turn meanwhile', async () => {
    const thread = open();
    await thread.encode(text('warm'));
    let encoding = true;
    const ids = thread.encode(text('the old sailor '.repeat(26_667))).finally(() => {
      encoding = false;
    });
    let turns = 0;
    for (; encoding; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBeGreaterThan(10);
    expect((await ids).length).toBeGreaterThan(100_000);
  });

  it('fails with the class, fields and message with which the tokenizer fails', async () => {
    const refusing = mkdtempSync(join(folder, 'refusing-'));
    writeTinyTokenizer(refusing, 500);
    writeFileSync(join(refusing, 'chat_template.jinja'), "{{ raise_exception('roles must alternate') }}");
    const refused = open({ kind: 'folder', folder: refusing, vocabularySize: 500 });
    const error = await refused.encode({ kind: 'chat', messages: [] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ field: 'messages', allowed: expect.stringContaining('must alternate') });
    expect(await refused.encode(text('and goes on'))).not.toEqual([]);

    const gone = { kind: 'folder', folder: join(folder, 'gone'), vocabularySize: 500 } as const;
    const missing = await open(gone)
      .encode(text('a'))
      .catch((caught: unknown) => caught);
    expect(missing).toBeInstanceOf(ModelFormatError);
    expect(() => openTokenizer(gone)).toThrow((missing as Error).message);
  });

  it('says so when the thread ends, and starts another for the next prompt', async () => {
    const crashing = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => { throw new Error('out of luck'); });`;
    const thread = new TokenizerThread(
      source,
      new URL(`data:text/javascript,${encodeURIComponent(crashing)}`),
    );
    threads.push(thread);
    for (let round = 0; round < 2; round++) {
      const lost = await Promise.allSettled([thread.encode(text('a')), thread.encode(text('b'))]);
      for (const { reason } of lost as PromiseRejectedResult[]) {
        expect(reason).toBeInstanceOf(SystemError);
        expect(reason.message).toBe("the tokenizer's thread ended: out of luck");
      }
      expect(thread.pending).toBe(0);
    }
  });

  it('answers nothing any more once it is closed, which may be done twice', async () => {
    const thread = open();
    const waiting = thread.encode(text('the old sailor '.repeat(1000)));
    expect(thread.pending).toBe(1);
    await Promise.all([thread.close(), expect(waiting).rejects.toThrow(UnavailableError)]);
    await thread.close();
    expect(thread.pending).toBe(0);
    await expect(thread.encode(text('a'))).rejects.toThrow(UnavailableError);
  });
});
