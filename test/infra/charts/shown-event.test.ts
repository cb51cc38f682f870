import { describe, expect, test } from 'vitest';
import { shownFacts } from '../../../infra/charts/shown-event.js';
import { shownGeneration } from '../../../infra/charts/shown-generation.js';
import { sampleMessages } from '../../support/sample-messages.js';

/** Fields of messages from which a token could be told. */
const TELLING = [
  ...['ids', 'tokens', 'promptTokenIds', 'token', 'seed', 'sampler', 'beliefs', 'confidences'],
  ...['pathHash', 'pathHashes', 'parentHash', 'invalidAfter', 'reason', 'text', 'prompt'],
];

describe('what is shown of an event', () => {
  test('of no message tells a token, a hash of a path, or words that came from elsewhere', () => {
    for (const message of sampleMessages) {
      const facts = shownFacts(message);
      for (const [key, value] of Object.entries(facts)) {
        expect(['number', 'string', 'boolean']).toContain(typeof value);
        if (TELLING.includes(key)) expect([key, typeof value]).toEqual([key, 'number']);
      }
      expect(JSON.stringify(facts)).not.toMatch(/[0-9a-f]{16}/);
    }
    expect(shownFacts({ ids: [30_112, 7], tokens: [5], token: 9, seed: 3 })).toEqual({ ids: 2, tokens: 1 });
  });

  test('is whose it is, where, and how long it took', () => {
    expect(
      shownFacts({
        type: 'verdict.returned',
        generation: 'g1',
        worker: 'target-1',
        job: 3,
        position: 40,
        ids: [1, 2, 3],
        forwardMs: 20.5,
        done: true,
      }),
    ).toEqual({
      generation: shownGeneration('g1'),
      worker: 'target-1',
      job: 3,
      position: 40,
      ids: 3,
      forwardMs: 20.5,
      done: true,
    });
  });

  test('is also what it carries inside, as far as that may be shown', () => {
    const message = { generation: 'g1', promptTokenIds: [1, 2], capacityTokens: 64, seed: 5 };
    expect(shownFacts({ type: 'session.open', message, respond: () => {} })).toEqual({
      generation: shownGeneration('g1'),
      capacityTokens: 64,
    });
  });

  test('is plain JSON of bounded length', () => {
    expect(shownFacts({ forwardMs: Number.NaN, worker: 'x'.repeat(1000) })).toEqual({
      worker: 'x'.repeat(128),
    });
  });
});
