import { describe, expect, it } from 'vitest';
import { createNgramModel } from '../../../infra/models/ngram-model.js';
import type { ForwardResult, Sequence } from '../../../src/core/model.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

function open(capacityTokens = 100): { sequence: Sequence; pass: Pass } {
  const scheduler = new VirtualScheduler();
  const model = createNgramModel({ scheduler, match: { minimumMatch: 2, maximumMatch: 4 } });
  const sampler = { ...neutralSampler, promptLength: 1 };
  const sequence = model.openSequence({ generation: 'g', seed: 1, sampler, capacityTokens });
  const pass: Pass = (tokens, want) => {
    let outcome: ForwardResult | Error | undefined;
    sequence.forward(tokens, want, (error, result) => {
      outcome = error ?? result;
    });
    expect(outcome, 'called back synchronously').toBeUndefined();
    scheduler.run();
    return outcome;
  };
  return { sequence, pass };
}
type Pass = (tokens: readonly number[], want: number) => ForwardResult | Error | undefined;

describe('the n-gram model', () => {
  it('drafts what followed the same tokens before, one pass after the other', () => {
    const { sequence, pass } = open();
    const first = pass([1, 2, 3, 4, 5, 1, 2], 1) as ForwardResult;
    expect(first.tokenIds).toEqual([3]);
    expect(first.confidences[0]).toBeGreaterThan(0);
    expect((pass([3], 1) as ForwardResult).tokenIds).toEqual([4]);
    expect((pass([4], 1) as ForwardResult).tokenIds).toEqual([5]);
    expect(sequence.length).toBe(9);
  });

  it('says nothing where nothing repeats or nothing is wanted', () => {
    const { pass } = open();
    expect((pass([1, 2, 3, 4], 1) as ForwardResult).tokenIds).toEqual([]);
    expect((pass([1, 2], 0) as ForwardResult).tokenIds).toEqual([]);
  });

  it('leaves out at the end what it cannot say', () => {
    const { pass } = open();
    pass([1, 2, 3], 0);
    const result = pass([1, 2, 9], 3) as ForwardResult;
    expect(result.tokenIds.length).toBe(result.confidences.length);
    expect(result.tokenIds).toEqual([]);
    const { pass: other } = open();
    expect((other([1, 2, 3, 8, 1, 2, 7], 2) as ForwardResult).tokenIds).toEqual([3]);
  });

  it('forgets what is cropped', () => {
    const { sequence, pass } = open();
    pass([1, 2, 3, 4, 1, 2], 1);
    sequence.crop(2);
    expect(sequence.length).toBe(2);
    sequence.crop(50);
    expect(sequence.length).toBe(2);
    expect((pass([7, 1, 2], 1) as ForwardResult).tokenIds).toEqual([7]);
  });

  it('refuses more tokens than the sequence was opened for', () => {
    const { sequence, pass } = open(3);
    expect(pass([1, 2, 3, 4], 1)).toBeInstanceOf(Error);
    expect(sequence.length).toBe(0);
  });

  it('goes with any tokenizer and never blocks', () => {
    const { info } = createNgramModel({ scheduler: new VirtualScheduler() });
    expect(info).toMatchObject({ name: 'ngram', tokenizerHash: '*', blocking: false });
  });
});
