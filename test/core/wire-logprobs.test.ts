import { expect, it } from 'vitest';
import { tokenLabel, wireLogprobs } from '../../src/core/wire-logprobs.js';

/** What is told of a likely token can be read, whatever its bytes. */

it('names a token by its text, and by its bytes where these are no whole character', () => {
  const labels = [[32, 97], [0xe2, 0x82, 0xac], [0xe2, 0x82], [0x0a], []].map((bytes) =>
    tokenLabel(Uint8Array.from(bytes)),
  );
  expect(labels).toEqual([' a', '€', 'bytes:\\xe2\\x82', '\n', '']);
});

it('tells the token and the likeliest beside it', () => {
  const likely = { token: 4, bytes: Uint8Array.of(97), logprob: -0.5 };
  expect(wireLogprobs({ ...likely, top: [likely] })).toEqual({
    logprob: -0.5,
    top_logprobs: [{ token: 4, text: 'a', logprob: -0.5 }],
  });
});
