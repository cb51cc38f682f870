import { describe, expect, it } from 'vitest';
import { emptyResult } from '../../src/app/empty-result.js';
import { ReleasedLog } from '../../src/app/released-log.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';

const token = (seq: number) => ({ seq, token: seq, text: `${seq}`, drafted: false, atMs: 0 });
const end = {
  outcome: 'cancelled' as const,
  result: emptyResult(
    {
      id: 'g',
      promptTokenIds: [1],
      sampler: { ...neutralSampler, promptLength: 1 },
      seed: 0,
      maxTokens: 1,
      stop: [],
      mode: 'none',
      lookahead: undefined,
      targets: undefined,
    },
    'cancelled',
  ),
};

describe('ReleasedLog', () => {
  it('tells watchers of every token and of the end, never while they begin to watch', () => {
    const log = new ReleasedLog();
    log.append(token(0));
    const seen: number[] = [];
    log.watch(() => seen.push(log.tokens.length));
    expect(seen).toEqual([]);
    log.append(token(1));
    log.finish(end);
    expect(seen).toEqual([2, 2]);
    expect(log.end).toBe(end);
  });

  it('tells nobody who has stopped watching, also when that happens in the middle', () => {
    const log = new ReleasedLog();
    const seen: string[] = [];
    const stop = log.watch(() => {
      seen.push('once');
      stop();
    });
    log.watch(() => seen.push('always'));
    log.append(token(0));
    log.append(token(1));
    expect(seen).toEqual(['once', 'always', 'always']);
  });
});
