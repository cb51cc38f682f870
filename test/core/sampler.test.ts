import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidLogitsError, InvalidOptionError } from '../../src/core/errors.js';
import { PathSampler } from '../../src/core/sampler.js';
import { largestLogit } from '../../src/core/sampler-contest.js';
import { neutralSampler, type SamplerParameters } from '../../src/core/sampler-parameters.js';
import { naivePick } from './naive-sampler.js';
import { chiSquareLimit, softmax } from './statistics.js';

/** A pick is the documented pure function of parameters, seed, path and logits. */

const VOCABULARY = 40;
const token = fc.integer({ min: 0, max: VOCABULARY - 1 });
const seed = fc.maxSafeNat();

/** Coarse values make ties; -Infinity is what a model says of ids it excludes. */
const logit = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -12, max: 12, noNaN: true }).map(Math.fround) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(Number.NEGATIVE_INFINITY) },
);
const logits = fc
  .array(logit, { minLength: VOCABULARY, maxLength: VOCABULARY })
  .filter((row) => row.filter((value) => value !== Number.NEGATIVE_INFINITY).length > 4)
  .map((row) => Float32Array.from(row));

const sometimes = <T>(off: T, on: fc.Arbitrary<T>) => fc.oneof(fc.constant(off), on);
const parameters: fc.Arbitrary<SamplerParameters> = fc.record({
  temperature: sometimes(0, fc.double({ min: 0.01, max: 2, noNaN: true })),
  topK: sometimes(0, fc.integer({ min: 1, max: VOCABULARY + 5 })),
  topP: sometimes(1, fc.double({ min: 0.01, max: 0.999, noNaN: true })),
  minP: sometimes(0, fc.double({ min: 0.001, max: 1, noNaN: true })),
  repetitionPenalty: sometimes(1, fc.double({ min: 0.5, max: 2, noNaN: true })),
  presencePenalty: sometimes(0, fc.double({ min: -2, max: 2, noNaN: true })),
  frequencyPenalty: sometimes(0, fc.double({ min: -2, max: 2, noNaN: true })),
  logitBias: fc
    .uniqueArray(fc.tuple(token, fc.double({ min: -100, max: 100, noNaN: true })), {
      maxLength: 4,
      selector: ([id]) => id,
    })
    .map((pairs) => pairs.sort((a, b) => a[0] - b[0])),
  minTokens: fc.integer({ min: 0, max: 6 }),
  endTokenIds: fc.array(token, { maxLength: 3 }),
  promptLength: fc.integer({ min: 1, max: 5 }),
});
const path = fc.array(token, { maxLength: 12 });

function samplerOn(p: SamplerParameters, seedValue: number, tokens: readonly number[], size = VOCABULARY) {
  const sampler = new PathSampler(p, seedValue, size);
  for (const id of tokens) sampler.push(id);
  return sampler;
}

function neutral(changes: Partial<SamplerParameters>): SamplerParameters {
  return { ...neutralSampler, promptLength: 1, ...changes };
}

describe('as a function', () => {
  it('is the largest logit where it says so beforehand', () => {
    const largest = (changes: Partial<SamplerParameters>, length: number) =>
      samplerOn(neutral(changes), 1, []).picksLargest(length);
    expect(largest({}, 1)).toBe(true);
    expect(largest({ temperature: 0.1 }, 1)).toBe(false);
    expect(largest({ repetitionPenalty: 1.1 }, 1)).toBe(false);
    expect(largest({ logitBias: [[3, 1]] }, 1)).toBe(false);
    const ends = { promptLength: 4, minTokens: 2, endTokenIds: [0] };
    expect([4, 5, 6, 7].map((length) => largest(ends, length))).toEqual([false, false, true, true]);
    const greedy = parameters.map((p) => ({ ...p, temperature: 0, logitBias: [], repetitionPenalty: 1 }));
    const plain = greedy.map((p) => ({ ...p, presencePenalty: 0, frequencyPenalty: 0 }));
    fc.assert(
      fc.property(plain, seed, path, logits, (p, s, tokens, row) => {
        const sampler = samplerOn(p, s, tokens);
        fc.pre(sampler.picksLargest(tokens.length));
        expect(sampler.pickWinner(largestLogit(row))).toEqual(sampler.pick(row));
      }),
    );
  });

  it('equals the naive reference', () => {
    fc.assert(
      fc.property(parameters, seed, path, logits, (p, s, tokens, row) => {
        expect(samplerOn(p, s, tokens).pick(row).token).toBe(naivePick(p, s, tokens, row));
      }),
      { numRuns: 2500 },
    );
  });

  it('equals the naive reference on long rows', () => {
    const size = 5003;
    const row = Float32Array.from({ length: size }, (_, id) => 9 * Math.sin(id * id + 1) + (id % 97) / 40);
    for (const filters of [{}, { topK: 40 }, { topK: 3000, topP: 0.9 }, { topP: 0.95 }, { minP: 0.02 }]) {
      for (let s = 0; s < 25; s++) {
        const p = neutral({ temperature: 0.1 + s / 16, ...filters });
        expect(samplerOn(p, s, [1, 2], size).pick(row).token).toBe(naivePick(p, s, [1, 2], row));
      }
    }
  });

  it('does not depend on how the path came about, nor on earlier picks', () => {
    const detour = fc.array(fc.tuple(path, fc.nat(12), logits), { maxLength: 4 });
    fc.assert(
      fc.property(parameters, seed, path, logits, detour, (p, s, tokens, row, detours) => {
        const sampler = new PathSampler(p, s, VOCABULARY);
        for (const [wrong, keep, otherRow] of detours) {
          for (const id of wrong) sampler.push(id);
          if (p.endTokenIds.length === 0) sampler.pick(otherRow);
          const agreeing = Math.min(keep, sampler.length);
          sampler.crop(agreeing);
        }
        sampler.crop(0);
        for (const id of tokens) sampler.push(id);
        expect(sampler.length).toBe(tokens.length);
        expect(sampler.pick(row)).toEqual(samplerOn(p, s, tokens).pick(row));
      }),
    );
  });

  it('undoes counts exactly when the path is cropped in the middle', () => {
    fc.assert(
      fc.property(parameters, seed, path, path, path, logits, (p, s, kept, wrong, rest, row) => {
        const sampler = samplerOn(p, s, [...kept, ...wrong]);
        sampler.crop(kept.length);
        for (const id of rest) sampler.push(id);
        expect(sampler.pick(row)).toEqual(samplerOn(p, s, [...kept, ...rest]).pick(row));
      }),
    );
  });

  it('leaves the logits as they are and accepts a part of a larger array', () => {
    const block = Float32Array.from({ length: 3 * VOCABULARY }, (_, i) => Math.cos(i));
    const before = block.slice();
    const row = block.subarray(VOCABULARY, 2 * VOCABULARY);
    const p = neutral({ temperature: 1, repetitionPenalty: 1.5, logitBias: [[3, 50]] });
    expect(samplerOn(p, 5, [3, 4]).pick(row)).toEqual(samplerOn(p, 5, [3, 4]).pick(row.slice()));
    expect(block).toEqual(before);
  });
});

describe('by parameter', () => {
  const row = Float32Array.of(1, 3, 3, 2, -1);
  const pick = (changes: Partial<SamplerParameters>, tokens: number[] = [0], s = 0) =>
    samplerOn(neutral(changes), s, tokens, row.length).pick(row).token;
  const support = (changes: Partial<SamplerParameters>, tokens: number[] = [0]) =>
    new Set(Array.from({ length: 400 }, (_, s) => pick({ temperature: 2, ...changes }, tokens, s)));

  it('is greedy at temperature 0, ties to the lowest id', () => expect(pick({})).toBe(1));
  it('keeps exactly k with top_k, ties by id', () => {
    expect(support({ topK: 1 })).toEqual(new Set([1]));
    expect(support({ topK: 3 })).toEqual(new Set([1, 2, 3]));
  });
  it('keeps the smallest sufficient set with top_p, ties by id', () => {
    expect(support({ topP: 0.01 })).toEqual(new Set([1]));
    expect(support({ topP: 0.5 })).toEqual(new Set([1, 2]));
  });
  it('keeps what is likely enough relative to the likeliest with min_p', () => {
    expect(support({ minP: 0.55 })).toEqual(new Set([1, 2, 3]));
    expect(support({ minP: 1 })).toEqual(new Set([1, 2]));
  });
  it('adds logit_bias', () => expect(pick({ logitBias: [[4, 5]] })).toBe(4));
  it('penalises repetition in prompt and output', () => {
    expect(pick({ repetitionPenalty: 2 }, [1])).toBe(2);
    expect(pick({ repetitionPenalty: 2, promptLength: 2 }, [1, 2])).toBe(3);
  });
  it('penalises presence and frequency in the output alone', () => {
    expect(pick({ presencePenalty: 2, promptLength: 1 }, [1])).toBe(1);
    expect(pick({ presencePenalty: 2, promptLength: 1 }, [0, 1])).toBe(2);
    expect(pick({ frequencyPenalty: 0.6, promptLength: 1 }, [0, 1, 2, 2, 1])).toBe(3);
  });
  it('counts a token that is cropped from the output but stands in the prompt as prompt', () => {
    const sampler = samplerOn(neutral({ presencePenalty: 2 }), 0, [1, 1], row.length);
    expect(sampler.pick(row).token).toBe(2);
    sampler.crop(1);
    expect(sampler.pick(row).token).toBe(1);
  });
  it('picks no end token before min_tokens, and may afterwards', () => {
    expect(pick({ minTokens: 1, endTokenIds: [1] }, [0])).toBe(2);
    expect(pick({ minTokens: 1, endTokenIds: [1] }, [0, 3])).toBe(1);
  });
  it('survives the smallest temperature there is', () => {
    expect(pick({ temperature: Number.MIN_VALUE, topP: 0.9, minP: 0.1, topK: 4 })).toBe(1);
  });
});

describe('as a sampler', () => {
  const row = Float32Array.of(2, 0.5, -1, 1.5, 0, -3, 0.5);

  it('has exactly the softmax as its distribution, along seeds and along positions', () => {
    const p = neutral({ temperature: 0.8 });
    const draws = 40_000;
    const probabilities = softmax(row, 0.8);
    const along = samplerOn(p, 12345, [], row.length);
    for (const draw of [
      (i: number) => samplerOn(p, i, [1, 2, 3], row.length).pick(row).token,
      () => {
        const { token: picked } = along.pick(row);
        along.push(picked);
        return picked;
      },
    ]) {
      const counts = new Float64Array(row.length);
      for (let i = 0; i < draws; i++) {
        const picked = draw(i);
        counts[picked] = (counts[picked] as number) + 1;
      }
      const statistic = probabilities.reduce(
        (sum, probability, id) =>
          sum + ((counts[id] as number) - draws * probability) ** 2 / (draws * probability),
        0,
      );
      expect(statistic).toBeLessThan(chiSquareLimit(row.length - 1));
    }
  });

  it('agrees between two models at least as often as the coupling promises', () => {
    const draws = 20_000;
    for (const shift of [0.2, 0.8, 2]) {
      const other = row.map((value, id) => value + shift * Math.sin(5 * id + 1));
      const p = neutral({ temperature: 1 });
      const [mine, theirs] = [softmax(row, 1), softmax(other, 1)];
      const distance = mine.reduce((sum, q, id) => sum + Math.abs(q - (theirs[id] as number)), 0) / 2;
      const promised = (1 - distance) / (1 + distance);
      let agreed = 0;
      for (let s = 0; s < draws; s++) {
        const sampler = samplerOn(p, s, [0], row.length);
        if (sampler.pick(row).token === sampler.pick(other).token) agreed += 1;
      }
      expect(agreed / draws).toBeGreaterThan(promised - 4 * Math.sqrt(0.25 / draws));
      expect(agreed / draws).toBeLessThanOrEqual(1 - distance + 4 * Math.sqrt(0.25 / draws));
    }
  });

  it('is surer the further the winner leads', () => {
    const sureness = [0, 0.1, 0.5, 1, 2, 5, 20].map(
      (lead) => new PathSampler(neutral({}), 0, 3).pick(Float32Array.of(1, 1 + lead, 0)).confidence,
    );
    expect(sureness).toEqual([0, 24, 100, 161, 220, 253, 255]);
    expect(new PathSampler(neutral({ topK: 1, temperature: 1 }), 0, 7).pick(row).confidence).toBe(255);
  });

  it('is more often right where it is surer', () => {
    const p = neutral({ temperature: 1 });
    const right = [0, 0];
    const seen = [0, 0];
    for (let s = 0; s < 4000; s++) {
      const sampler = samplerOn(p, s, [0], row.length);
      const draft = sampler.pick(row.map((value, id) => value + 0.7 * Math.sin(s + 3 * id)));
      const half = draft.confidence < 128 ? 0 : 1;
      seen[half] = (seen[half] as number) + 1;
      if (draft.token === sampler.pick(row).token) right[half] = (right[half] as number) + 1;
    }
    const [unsure, sure] = right.map((count, half) => count / (seen[half] as number));
    expect(sure).toBeGreaterThan((unsure as number) + 0.2);
  });
});

describe('on bad input', () => {
  const good = Float32Array.of(0, 1, 2, 3, 4);
  const each: Partial<SamplerParameters>[] = [
    {},
    { temperature: 0.8 },
    { temperature: 0.8, topK: 2 },
    { temperature: 0.8, topP: 0.9 },
    { temperature: 0.8, minP: 0.1, repetitionPenalty: 1.2 },
  ];

  it('throws for NaN, +Infinity and for nothing to pick, whatever the parameters and the place', () => {
    for (const changes of each) {
      const sampler = samplerOn(neutral(changes), 1, [0], good.length);
      for (let id = 0; id < good.length; id++) {
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const row = good.slice();
          row[id] = bad;
          expect(() => sampler.pick(row)).toThrow(InvalidLogitsError);
        }
      }
      expect(() => sampler.pick(good.map(() => Number.NEGATIVE_INFINITY))).toThrow('every token is excluded');
      expect(() => sampler.pick(good.subarray(1))).toThrow('4 logits for a vocabulary of 5');
    }
  });

  it('throws when min_tokens excludes the only tokens there are', () => {
    const p = neutral({ minTokens: 5, endTokenIds: [0, 1] });
    expect(() => samplerOn(p, 0, [0], 2).pick(Float32Array.of(1, 2))).toThrow(InvalidLogitsError);
  });

  it('refuses tokens, lengths, seeds and biases out of range', () => {
    const sampler = samplerOn(neutral({}), 0, [1, 2], 5);
    expect(() => sampler.push(5)).toThrow(InvalidOptionError);
    expect(() => sampler.push(-1)).toThrow(InvalidOptionError);
    expect(() => sampler.crop(3)).toThrow(InvalidOptionError);
    expect(() => sampler.crop(-1)).toThrow(InvalidOptionError);
    expect(() => new PathSampler(neutral({}), 2 ** 53, 5)).toThrow(InvalidOptionError);
    expect(() => new PathSampler(neutral({ logitBias: [[5, 1]] }), 0, 5)).toThrow(InvalidOptionError);
  });
});
