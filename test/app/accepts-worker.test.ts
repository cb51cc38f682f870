import { describe, expect, it } from 'vitest';
import { acceptsWorker, type WhoseWorkers } from '../../src/app/accepts-worker.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { announcement } from '../support/announcement.js';

const engine = {
  model: 'sim',
  drafting: { models: ['small'], ngram: true },
  remote: true,
  tokenizerHash: 't',
  owner: 'us',
} satisfies WhoseWorkers;

const accepts = (asked: Partial<WorkerAnnounced>, options: Partial<WhoseWorkers> = {}) =>
  acceptsWorker({ ...engine, ...options })(announcement(asked));

describe('which workers an engine accepts', () => {
  it.each([
    ['remote ones', true],
    ['its own alone', false],
  ])('its own and never those of another engine, where it uses %s', (_, remote) => {
    for (const role of ['target', 'drafter'] as const) {
      const model = role === 'target' ? 'sim' : 'small';
      expect(accepts({ role, model, owner: 'us' }, { remote })).toBe(true);
      expect(accepts({ role, model, owner: 'them' }, { remote })).toBe(false);
      expect(accepts({ role, model }, { remote })).toBe(remote);
    }
  });

  it('targets of its model, and drafters that it asked for', () => {
    expect(accepts({ model: 'other' })).toBe(false);
    expect(accepts({ model: 'small' })).toBe(false);
    expect(accepts({ role: 'drafter', model: 'sim' })).toBe(false);
    expect(accepts({ role: 'drafter', model: 'ngram' })).toBe(true);
    expect(accepts({ role: 'drafter', model: 'ngram' }, { drafting: { models: [], ngram: false } })).toBe(
      false,
    );
  });

  it('workers whose ids are its tokens, or any', () => {
    expect(accepts({ tokenizerHash: 'another' })).toBe(false);
    expect(accepts({ tokenizerHash: '*' })).toBe(true);
  });
});
