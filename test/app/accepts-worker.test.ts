import { describe, expect, it } from 'vitest';
import { acceptsWorker, type WhoseWorkers } from '../../src/app/accepts-worker.js';
import { silentLogger } from '../../src/core/logger.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { announcement } from '../support/announcement.js';

const engine = {
  model: 'sim',
  drafting: { models: ['small'], ngram: true },
  remote: true,
  tokenizerHash: 't',
  owner: 'us',
  logger: silentLogger,
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

  it('says once of its own workers why it does not use them', () => {
    const told: unknown[] = [];
    const logger = { ...silentLogger, error: (data: object) => void told.push(data) };
    const accepting = acceptsWorker({ ...engine, logger });
    for (const owner of ['us', 'us', 'them', undefined])
      accepting(
        announcement({ worker: 'w', model: 'sim', tokenizerHash: 'another', ...(owner && { owner }) }),
      );
    expect(told).toEqual([{ worker: 'w', model: 'sim' }]);
  });

  it('workers whose ids are its tokens, or any', () => {
    expect(accepts({ tokenizerHash: 'another' })).toBe(false);
    expect(accepts({ tokenizerHash: '*' })).toBe(true);
  });
});
