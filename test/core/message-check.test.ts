import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileCheck } from '../../src/core/compile-check.js';
import { checkMessage } from '../../src/core/message-check.js';
import { wireMessageSchema } from '../../src/core/messages.js';
import { sampleMessages } from '../support/sample-messages.js';

/** Every place inside a value, as the keys that lead to it. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => places(part, [...path, key]))];
}

function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

const sampleAndPlace = fc
  .constantFrom(...sampleMessages)
  .chain((message) => fc.tuple(fc.constant(message), fc.constantFrom(...places(message))));

/** What is likely to be at an edge of what is allowed. */
const anything = fc.oneof(
  fc.constantFrom(undefined, null, true, '', 'ready', '*', [], {}, [[1, 2]], 'a'.repeat(2001)),
  fc.constantFrom(-1, -0, 0, 0.5, 1, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 53, Number.NaN, Infinity),
  fc.anything({ maxDepth: 2 }),
);

describe('checkMessage', () => {
  it('takes every message, as it is', () => {
    expect(new Set(sampleMessages.map(({ type }) => type)).size).toBe(wireMessageSchema.options.length);
    for (const message of sampleMessages) expect(checkMessage(message)).toEqual({ kind: 'message', message });
  });

  it('says yes and no where the schema does', () => {
    let rejected = 0;
    fc.assert(
      fc.property(sampleAndPlace, anything, ([message, place], value) => {
        const candidate = changed(message, place, value);
        const agreed = wireMessageSchema.safeParse(candidate).success;
        if (!agreed) rejected++;
        expect(checkMessage(candidate).kind).toBe(agreed ? 'message' : 'rejected');
      }),
      { numRuns: 3000 },
    );
    expect(rejected).toBeGreaterThan(500);
  });

  it('says what is wrong, and where', () => {
    const [announced] = sampleMessages;
    expect(checkMessage({ ...announced, slots: 0 })).toMatchObject({
      reason: expect.stringMatching(/^slots: /),
    });
    expect(checkMessage(null)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(/^message: /),
    });
    expect(checkMessage({ type: 'toString' })).toMatchObject({ kind: 'rejected' });
  });
});

describe('compileCheck', () => {
  it('refuses what it does not know rather than let it pass', () => {
    expect(() => compileCheck(z.number().multipleOf(3))).toThrow(/multipleOf/);
    expect(() => compileCheck(z.union([z.string(), z.number()]))).toThrow(/string,number/);
    expect(() => compileCheck(z.union([z.string(), z.object({})]))).toThrow(/anyOf/);
  });
});
