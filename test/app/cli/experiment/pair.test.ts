import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../harness.js';
import { expectRefusal, json } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'slipstream-pair-'));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const lines = file('prompts.txt', 'the old sailor\n\na quiet river\n');
const texts = file('prompts.json', JSON.stringify(['the old sailor', 'a quiet\nriver', 'the town']));

afterAll(() => rmSync(folder, { recursive: true }));

const pair = (name: string, drafter: string, prompts = lines, target = 'sim:target?ms=0') => [
  ...[name, '--model', target, '--drafter', drafter],
  ...['--prompt-file', prompts, '--max-tokens', '40'],
];

describe('experiment acceptance', () => {
  it('asks the drafter at every position of what the target says', async () => {
    const { summary, texts, positions, settings } = await json(
      pair('acceptance', 'sim:drafter?ms=0&acceptance=0.7'),
    );
    expect(settings).toMatchObject({ drafter: 'sim:drafter?ms=0&acceptance=0.7', maxTokens: 40 });
    expect(summary).toMatchObject({ prompts: 2, tokens: 80, guessed_share: 1 });
    const right = texts.map((text: { right: string }) => text.right).join('');
    expect(right).toMatch(/^[01]{80}$/);
    const share = [...right].filter((digit) => digit === '1').length / 80;
    expect(summary.right_share).toBeCloseTo(share, 4);
    expect(Math.abs(share - 0.7)).toBeLessThan(0.15);
    expect(Math.abs(summary.acceptance - share)).toBeLessThan(0.05);
    expect(positions).toHaveLength(40);
    expect(texts[0]).toMatchObject({ prompt_tokens: 3 });
    expect(texts[0].token_ids).toHaveLength(40);
  });

  it('lets a text fill the whole context', async () => {
    const drafter = 'sim:drafter?ms=0&acceptance=1&context=16';
    const { texts } = await json(pair('acceptance', drafter, lines, 'sim:target?ms=0&context=16'));
    expect(texts[0].prompt_tokens + texts[0].token_ids.length).toBe(16);
    expect(texts[0].right).toBe('1'.repeat(13));
  });

  it('finds a drafter that is always right, and one that is silent', async () => {
    const always = await json(pair('acceptance', 'sim:drafter?ms=0&acceptance=1'));
    expect(always.summary).toMatchObject({ right_share: 1, mean_run: 40 });
    const { summary } = await json(pair('acceptance', 'ngram'));
    expect(summary.guessed_share).toBeLessThan(0.5);
  });

  it('counts only texts that have tokens, and says so when none has', async () => {
    const some = file('some.json', JSON.stringify([' ', 'the old sailor']));
    const { summary, texts } = await json(pair('acceptance', 'sim:drafter?ms=0&acceptance=1', some));
    expect(summary).toMatchObject({
      prompts: 2,
      tokens: 40,
      acceptance: 0.9756,
      mean_run: 40,
      right_share: 1,
    });
    expect(texts[0]).toEqual({ prompt_tokens: 0, token_ids: [], right: '' });
    const none = file('none.json', JSON.stringify([' ']));
    const message = `--prompt-file is ${JSON.stringify(none)}, but must be a file with a prompt after which the model says`;
    await expectRefusal(pair('acceptance', 'ngram', none), `${message} 1 token or more`);
    await expectRefusal(pair('latency', 'ngram', none), `${message} 2 tokens or more`);
  });
});

describe('experiment latency', () => {
  it('tells the passes of both models, the first over the prompt', async () => {
    const models = ['--model', 'sim:target?ms=1&first=4', '--drafter', 'sim:drafter?ms=0.2'];
    const report = await json(['latency', ...models, '--prompt-file', texts, '--max-tokens', '4']);
    expect(report.prompts).toBe(3);
    expect(report.target.ttft_median_ms).toBeGreaterThanOrEqual(4);
    expect(report.target.tpot_median_ms).toBeGreaterThanOrEqual(1);
    expect(report.target.tpot_median_ms).toBeLessThan(report.target.ttft_median_ms);
  });

  it('is not changed by what the environment says of engines', async () => {
    const environment = { SLIPSTREAM_MAX_TOKENS: '3', SLIPSTREAM_MODEL: 'nope', SLIPSTREAM_THREADS: 'many' };
    const { settings } = await json(pair('latency', 'ngram'), { environment });
    expect(settings).toMatchObject({ maxTokens: 40, model: 'sim:target?ms=0' });
    const { settings: defaults } = await json(
      ['latency', '--model', 'sim:target?ms=0', '--prompt-file', lines],
      { environment },
    );
    expect(defaults).toMatchObject({ maxTokens: 50 });
  });

  it('refuses what is no list of prompts', async () => {
    const empty = file('empty.txt', '\n  \n\t\n');
    const message = `--prompt-file is ${JSON.stringify(empty)}, but must be a file of prompts: one a line, or a JSON array of texts`;
    await expectRefusal(pair('latency', 'ngram', empty), message);
    const numbers = file('numbers.json', '[1, 2]');
    await expectRefusal(pair('latency', 'ngram', numbers), message.replace('empty.txt', 'numbers.json'));
    const absent = await run(['experiment', ...pair('latency', 'ngram', join(folder, 'absent'))]);
    expect(absent.code).toBe(1);
    expect(absent.stderr).toMatch(/^slipstream: cannot read --prompt-file .*ENOENT/);
  });

  it.each([
    [['acceptance'], '--prompt-file is missing, but must be given'],
    [
      ['acceptance', '--prompt-file', lines, '--max-tokens', '1'],
      '--max-tokens is 1, but must be a whole number from 2 to 100000',
    ],
    [['latency', '--prompts', '0'], '--prompts is 0, but must be a whole number from 1 to 100000'],
    [
      pair('acceptance', 'sim:target?ms=0'),
      'drafter is "sim:target?ms=0", but must be a sim:drafter for a drafter',
    ],
    [pair('latency', 'sim:drafter?bla=1'), /^drafter parameter is "bla", but must be one of/],
  ])('refuses %j', async (argv, message) => {
    await expectRefusal(argv, message);
  });
});
