import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/core/errors.js';
import { NgramIndex, type NgramPrediction } from '../../src/core/ngram-index.js';

/** A prediction is what followed the longest earlier match of the last tokens, the latest of equals. */

const options = { minimumMatch: 2, maximumMatch: 5 };

/** The same by whole searches over plain arrays. */
class NaiveIndex {
  tokens: number[] = [];
  private evidence = 0;
  private sources: number[] = [];
  private asked: { token: number; place: number } | undefined;

  constructor(private readonly limits = options) {}

  push(token: number): void {
    this.tokens.push(token);
    if (token === this.asked?.token) {
      this.sources.push(this.asked.place);
    } else {
      this.evidence = this.tokens.length;
      this.sources = [];
    }
    this.asked = undefined;
  }

  crop(length: number): void {
    this.tokens = this.tokens.slice(0, length);
    this.evidence = Math.min(this.evidence, length);
    this.sources = this.sources.slice(0, length - this.evidence);
    this.asked = undefined;
  }

  predict(): NgramPrediction | undefined {
    this.asked = undefined;
    for (let matchLength = this.limits.maximumMatch; matchLength >= this.limits.minimumMatch; matchLength--) {
      const suffix = this.tokens.slice(-matchLength).join();
      if (this.tokens.length < matchLength) continue;
      const places: number[] = [];
      for (let place = this.evidence - 1; place >= matchLength; place--) {
        if (this.sources.includes(place)) continue;
        if (this.tokens.slice(place - matchLength, place).join() === suffix) places.push(place);
      }
      const [place] = places;
      if (place === undefined) continue;
      const token = this.tokens[place] as number;
      this.asked = { token, place };
      const agreement = places.filter((other) => this.tokens[other] === token).length / places.length;
      const confidence = Math.round(255 * agreement * (matchLength / (matchLength + 1.6)));
      return { token, matchLength, confidence };
    }
    return undefined;
  }
}

function indexOf(tokens: readonly number[], limits = options): NgramIndex {
  const index = new NgramIndex(limits);
  for (const token of tokens) index.push(token);
  return index;
}

function draft(index: NgramIndex, most: number): number[] {
  const drafted: number[] = [];
  for (let next = index.predict(); next !== undefined && drafted.length < most; next = index.predict()) {
    drafted.push(next.token);
    index.push(next.token);
  }
  return drafted;
}

describe('predict', () => {
  it('equals a naive search through any pushes, crops and drafted runs', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: fc.nat(2) }) },
      { weight: 3, arbitrary: fc.record({ draft: fc.nat(6) }) },
      { weight: 1, arbitrary: fc.record({ crop: fc.nat(100) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const index = new NgramIndex(options);
        const naive = new NaiveIndex();
        for (const action of steps) {
          if (index.length > 50) break;
          if ('push' in action) {
            index.push(action.push);
            naive.push(action.push);
          } else if ('crop' in action) {
            const length = action.crop % (index.length + 1);
            index.crop(length);
            naive.crop(length);
          } else {
            for (let count = 0; count < action.draft; count++) {
              const guess = index.predict();
              expect(guess).toEqual(naive.predict());
              if (guess === undefined) break;
              index.push(guess.token);
              naive.push(guess.token);
            }
          }
          expect(index.length).toBe(naive.tokens.length);
          if (steps.length % 2 === 0) expect(index.predict()).toEqual(naive.predict());
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('equals a naive search on a long text, cropped and grown again', () => {
    const limits = { minimumMatch: 3, maximumMatch: 8 };
    const index = new NgramIndex(limits);
    const naive = new NaiveIndex(limits);
    const token = (position: number) => Math.floor(6 + 6 * Math.sin(position * position * 0.37)) % 12;
    for (let position = 0; position < 2600; position++) {
      index.push(token(position));
      naive.push(token(position));
      if (position % 50 === 0) expect(index.predict()).toEqual(naive.predict());
      if (position === 1500) {
        index.crop(900);
        naive.crop(900);
      }
    }
  });

  it('prefers the longer match, then the later place', () => {
    expect(indexOf([1, 2, 3, 7, 9, 2, 3, 8, 1, 2, 3]).predict()).toMatchObject({ token: 7, matchLength: 3 });
    expect(indexOf([2, 3, 7, 2, 3, 8, 2, 3]).predict()).toMatchObject({ token: 8, matchLength: 2 });
  });

  it('says nothing about what never stood there, nor about less than the shortest match', () => {
    expect(new NgramIndex(options).predict()).toBeUndefined();
    expect(indexOf([1, 2, 3, 4]).predict()).toBeUndefined();
    expect(indexOf([1, 2, 3, 9, 1]).predict()).toBeUndefined();
  });

  it('is surer of longer matches and of places that agree', () => {
    const confidence = (tokens: number[]) => indexOf(tokens).predict()?.confidence ?? 0;
    expect(confidence([4, 1, 2, 3, 9, 4, 1, 2])).toBeGreaterThan(confidence([4, 1, 2, 3, 9, 5, 1, 2]));
    expect(confidence([1, 2, 3, 1, 2, 3, 1, 2])).toBeGreaterThan(confidence([1, 2, 4, 5, 1, 2, 3, 5, 1, 2]));
  });
});

describe('a drafted run', () => {
  const text = [1, 2, 3, 4, 5, 6, 9, 1, 2];

  it('copies what followed, once', () => {
    expect(draft(indexOf(text), 100)).toEqual([3, 4, 5, 6, 9, 1, 2]);
  });

  it('becomes evidence once a token that was not predicted follows', () => {
    const index = indexOf(text);
    draft(index, 100);
    index.push(3);
    expect(draft(index, 100)).toEqual([4, 5, 6, 9, 1, 2, 3, 4, 5, 6, 9, 1, 2, 3]);
  });

  it('remembers what is a guess when the index grows', () => {
    const long = Array.from({ length: 700 }, (_, token) => token);
    expect(draft(indexOf([...long, 0, 1]), 5000)).toEqual([...long.slice(2), 0, 1]);
  });

  it('is undone without a trace', () => {
    const index = indexOf(text);
    draft(index, 4);
    index.crop(text.length);
    expect(draft(index, 100)).toEqual(draft(indexOf(text), 100));
  });

  it('leaves its confirmed part behind when the rest is refuted', () => {
    const index = indexOf(text);
    draft(index, 4);
    index.crop(text.length + 2);
    index.push(8);
    expect(draft(index, 3)).toEqual([]);
    for (const token of [1, 2, 3, 4]) index.push(token);
    expect(index.predict()).toMatchObject({ token: 8, matchLength: 4 });
  });
});

it('stays quick on a long text that repeats one short run', () => {
  const index = new NgramIndex({ minimumMatch: 2, maximumMatch: 16 });
  const tokens = 131_072;
  const startedAt = performance.now();
  for (let position = 0; position < tokens; position++) {
    index.push(position % 7 === 0 ? position : 1);
    index.predict();
  }
  // Looking at every place where the run stood before would take minutes.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

it('refuses limits and lengths out of range', () => {
  expect(() => new NgramIndex({ minimumMatch: 0, maximumMatch: 4 })).toThrow(InvalidOptionError);
  expect(() => new NgramIndex({ minimumMatch: 3, maximumMatch: 2 })).toThrow(InvalidOptionError);
  expect(() => new NgramIndex({ minimumMatch: 3, maximumMatch: 65 })).toThrow(InvalidOptionError);
  expect(() => indexOf([1, 2]).crop(3)).toThrow(InvalidOptionError);
});
