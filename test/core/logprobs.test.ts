import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenLogprobs, tokenLogprobsSchema } from '../../src/core/logprobs.js';

/** Log probabilities are those of the softmax, of the token picked and of the likeliest, and every wire takes them. */

const logits = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -40, max: 40 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((values) => Float32Array.from(values));

it('are those of a plain softmax, the likeliest first and the lowest id first of equals', () => {
  fc.assert(
    fc.property(logits, fc.nat(59), fc.integer({ min: 0, max: 20 }), (row, place, count) => {
      const picked = place % row.length;
      const { logprob, top } = tokenLogprobs(row, picked, count);
      const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const naive = (id: number) => Math.log(Math.exp(row[id] as number) / total);
      const ids = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number) || a - b);
      expect(logprob).toBeCloseTo(naive(picked), 6);
      expect(top.map(([id]) => id)).toEqual(ids.slice(0, count));
      for (const [id, likely] of top) expect(likely).toBeCloseTo(naive(id), 6);
      expect(tokenLogprobsSchema.safeParse({ logprob, top }).success).toBe(true);
    }),
  );
});

it('are as exact for large logits, and finite where a token is impossible', () => {
  const row = Float32Array.of(3000, 2999, Number.NEGATIVE_INFINITY);
  const { logprob, top } = tokenLogprobs(row, 2, 3);
  expect(logprob).toBe(-9999);
  expect(top).toEqual([
    [0, expect.closeTo(-0.31326, 5)],
    [1, expect.closeTo(-1.31326, 5)],
    [2, -9999],
  ]);
});
