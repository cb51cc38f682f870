import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../infra/nats/codec.js';
import type { WireMessage } from '../../../src/core/messages.js';
import { sampleMessages } from '../../support/sample-messages.js';

const verdict: WireMessage = {
  type: 'verdict.returned',
  generation: 'g1',
  worker: 'w1',
  job: 7,
  epoch: 2,
  position: 300,
  ids: [0, 255, 70_000, 0x7fffffff],
  pathHashes: Array.from({ length: 4 }, () => '0123456789abcdef'),
  startedAtMs: 1_764_000_000_000.125,
  forwardMs: 12.3456789,
  tokensIngested: 5,
  committedPosition: 0,
  done: true,
};

/** The first bytes of an encoded message: a bracket, then the version. */
const VERSION_AT = 1;

describe('codec', () => {
  it('gives back what was encoded, numbers to the last bit', () => {
    for (const message of [verdict, ...sampleMessages])
      expect(decodeMessage(encodeMessage(message))).toEqual({ kind: 'message', message });
  });

  it('keeps nothing of the bytes it was given', () => {
    const bytes = Buffer.from(encodeMessage(verdict));
    const decoded = decodeMessage(bytes);
    bytes.fill(0);
    expect(decoded).toEqual({ kind: 'message', message: verdict });
  });

  it('rejects another version, saying which', () => {
    const bytes = Buffer.from(encodeMessage(verdict));
    bytes[VERSION_AT] = 0x32;
    expect(decodeMessage(bytes)).toEqual({
      kind: 'rejected',
      reason: 'wire version is 2, but must be 1',
    });
  });

  it('rejects a field out of range, naming it', () => {
    const decoded = decodeMessage(encodeMessage({ ...verdict, ids: [-1] } as WireMessage));
    expect(decoded).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/^ids\.0: /) });
  });

  it.each([
    ['nothing', ''],
    ['text', Buffer.from('{"type":"draft.start"}').toString('hex')],
    ['half a message', Buffer.from(encodeMessage(verdict)).subarray(0, 40).toString('hex')],
    ['bytes that are no text', 'dd7fffffff'],
    ['a number', Buffer.from('7').toString('hex')],
    ['an array without end', Buffer.from('[1,').toString('hex')],
    ['arrays in arrays', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)).toString('hex')],
  ])('rejects %s without throwing', (_, bytes) => {
    expect(decodeMessage(Buffer.from(bytes, 'hex')).kind).toBe('rejected');
  });
});
