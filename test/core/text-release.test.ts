import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoggedToken } from '../../src/core/engine.js';
import type { CommittedToken } from '../../src/core/generation.js';
import { TextRelease } from '../../src/core/text-release.js';
import { commit, cutBytes, END_TOKEN, SPECIAL_TOKEN, tokenizerOf } from './byte-tokenizer.js';

/** The texts of released tokens together are the decoded text, cut at the stop, and no token is lost or doubled. */

const encoder = new TextEncoder();
const pieces = (...texts: string[]) => texts.map((text) => encoder.encode(text));

interface Run {
  /** Released after each push, then at the end. */
  readonly steps: LoggedToken[][];
  readonly all: LoggedToken[];
  readonly stoppedAt: number | undefined;
}

function run(bytes: readonly Uint8Array[], tokens: readonly number[], stop: string[], raw = false): Run {
  const release = new TextRelease({ tokenizer: tokenizerOf(bytes), stop, raw });
  const steps: LoggedToken[][] = [];
  let stoppedAt: number | undefined;
  for (const token of commit(tokens)) {
    const { released, stopped } = release.push(token);
    steps.push([...released]);
    if (stopped) stoppedAt ??= token.seq;
  }
  steps.push([...release.finish()]);
  return { steps, all: steps.flat(), stoppedAt };
}

const texts = (tokens: readonly LoggedToken[]) => tokens.map((token) => token.text);
const inOrder = (count: number) => Array.from({ length: count }, (_, index) => index + 2);

const unit = fc.constantFrom('a', 'b', ' ', 'é', '€', '😀', '👩‍👧');
const whole = fc.oneof(
  fc.string({ unit, maxLength: 24 }).map((text) => encoder.encode(text)),
  fc.uint8Array({ maxLength: 24 }),
);
const stops = fc.array(fc.string({ unit, minLength: 1, maxLength: 4 }), { maxLength: 4 });
const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
const silent = fc.array(fc.nat(20), { maxLength: 3 });

it('equals a search of the whole text, for any cuts, stop strings and special tokens between', () => {
  fc.assert(
    fc.property(whole, stops, lengths, silent, (bytes, stop, cuts, places) => {
      const cut = cutBytes(bytes, cuts);
      const tokens = inOrder(cut.length);
      for (const place of places) tokens.splice(place, 0, place % 2 === 0 ? END_TOKEN : SPECIAL_TOKEN);
      const { all, steps, stoppedAt } = run(cut, tokens, stop);

      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      expect(texts(all).join('')).toBe(text.slice(0, naiveStop(text, stop)));

      expect(all.map((token) => token.seq)).toEqual(all.map((_, index) => index));
      expect(all.map((token) => token.token)).toEqual(tokens.slice(0, all.length));
      expect(all.length).toBe(stoppedAt === undefined ? tokens.length : stoppedAt + 1);
      if (stoppedAt !== undefined) expect(steps.slice(stoppedAt + 1).flat()).toEqual([]);
      for (const token of all) if (token.token < 2) expect(token.text).toBe('');
    }),
    { numRuns: 3000 },
  );
});

it('hands on how likely a token was, with the bytes of each that is named', () => {
  const release = new TextRelease({ tokenizer: tokenizerOf(pieces('a', 'b')), stop: [], raw: false });
  const [told, untold] = commit([2, 3]) as [CommittedToken, CommittedToken];
  const top: [number, number][] = [
    [3, -0.1],
    [2, -2.5],
  ];
  const [first] = release.push({ ...told, logprobs: { logprob: -2.5, top } }).released;
  const a = { token: 2, bytes: encoder.encode('a'), logprob: -2.5 };
  expect(first?.logprobs).toEqual({
    ...a,
    top: [{ token: 3, bytes: encoder.encode('b'), logprob: -0.1 }, a],
  });
  expect(release.push(untold).released[0]).not.toHaveProperty('logprobs');
});

it('never shows text that a stop string later cuts away, and holds nothing without need', () => {
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 24 }), stops, (text, stop) => {
      const characters = Array.from(text, (character) => encoder.encode(character));
      const { steps } = run(characters, inOrder(characters.length), stop);
      const end = naiveStop(text, stop);
      let shown = '';
      let seen = '';
      for (const [index, step] of steps.slice(0, -1).entries()) {
        seen += new TextDecoder().decode(characters[index]);
        shown += texts(step).join('');
        if (naiveStop(seen, stop) !== undefined) return;
        expect(text.slice(0, end).startsWith(shown)).toBe(true);
        const heldBack = seen.slice(shown.length);
        expect(heldBack === '' || stop.some((candidate) => candidate.startsWith(heldBack))).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

it('releases every token at once when nothing has to be held', () => {
  const { steps } = run(pieces('Once', ' upon', ' a', ' time'), [2, 3, 4, 5], []);
  expect(steps.map(texts)).toEqual([['Once'], [' upon'], [' a'], [' time'], []]);
});

it('passes seq, drafted and time through unchanged', () => {
  const [first, second] = run(pieces('a', 'b'), [2, 3], []).all;
  expect(first).toEqual({ seq: 0, token: 2, text: 'a', drafted: false, atMs: 1000 });
  expect(second).toEqual({ seq: 1, token: 3, text: 'b', drafted: true, atMs: 1001 });
});

it('releases the tokens of a stop string with only the text before it', () => {
  const { steps, stoppedAt } = run(pieces('Hi S', 'T', 'OP', 'OP more', 'never'), [2, 3, 5, 6], ['STOP']);
  expect(steps.map(texts)).toEqual([[], [], ['Hi ', '', ''], [], []]);
  expect(stoppedAt).toBe(2);
});

it('releases what turned out not to be a stop string', () => {
  const { steps } = run(pieces('S', 'T', 'AY', 'S'), [2, 3, 4, 5], ['STOP']);
  expect(steps.map(texts)).toEqual([[], [], ['S', 'T', 'AY'], [], ['S']]);
});

it('finds a stop string across a special token', () => {
  const { all, stoppedAt } = run(pieces('ST', 'OP'), [2, SPECIAL_TOKEN, 3], ['STOP']);
  expect([texts(all), stoppedAt]).toEqual([['', '', ''], 2]);
});

it('gives a dangling character to the last token with text, even before an end token', () => {
  const bytes = [Uint8Array.of(0x61, 0xf0), Uint8Array.of(0x9f)];
  const { steps } = run(bytes, [2, 3, END_TOKEN], []);
  expect(steps.map(texts)).toEqual([[], ['a'], [], ['\ufffd', '']]);
});

it('cuts at a stop string that only the dangling character completes', () => {
  const { all } = run([Uint8Array.of(0x61, 0x62, 0xf0)], [2, END_TOKEN], ['b\ufffd']);
  expect(texts(all)).toEqual(['a', '']);
});

it('shows special tokens by name when raw, and cuts at them', () => {
  const raw = run(pieces('a', 'b'), [2, SPECIAL_TOKEN, 3, END_TOKEN], [], true);
  expect(texts(raw.all)).toEqual(['a', '<special>', 'b', '<end>']);
  const cut = run(pieces('a', 'b'), [2, SPECIAL_TOKEN, 3], ['<special>'], true);
  expect(texts(cut.all)).toEqual(['a', '']);
});

function naiveStop(text: string, stop: readonly string[]): number | undefined {
  for (let end = 1; end <= text.length; end++) {
    const complete = stop.filter((candidate) => text.slice(0, end).endsWith(candidate));
    if (complete.length > 0) return end - Math.max(...complete.map((candidate) => candidate.length));
  }
  return undefined;
}
