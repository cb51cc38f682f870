import type { WorkerAnnounced } from '../../src/core/messages.js';

export function announcement(asked: Partial<WorkerAnnounced>): WorkerAnnounced {
  return {
    type: 'worker.announced',
    worker: 'w',
    role: 'target',
    state: 'ready',
    model: 'sim',
    fingerprint: 'f',
    numerics: 'exact',
    tokenizerHash: 't',
    vocabularySize: 100,
    contextTokens: 100,
    forwardTimes: [{ tokens: 1, ms: 10 }],
    slots: 1,
    freeSlots: 1,
    host: 'h',
    audible: true,
    ...asked,
  };
}
