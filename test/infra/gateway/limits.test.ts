import { describe, expect, test } from 'vitest';
import { compileLimits } from '../../../infra/gateway/limits.js';
import { RateLimit } from '../../../infra/gateway/rate-limit.js';

describe('limits', () => {
  test('have defaults, each replaced alone', () => {
    expect(compileLimits({ leaseMs: 5 })).toMatchObject({
      leaseMs: 5,
      pauseBytes: 262_144,
      cutBytes: 1_048_576,
    });
  });

  test('outside their range are refused with the range', () => {
    expect(() => compileLimits({ connections: 0 })).toThrow(
      'limits.connections is 0, but must be a whole number from 1 to 65536',
    );
    expect(() => compileLimits({ pingMs: 1.5 })).toThrow('limits.pingMs is 1.5');
    expect(() => compileLimits({ cutBytes: 262_144 })).toThrow('more than limits.pauseBytes (262144)');
  });
});

test('a rate limit grants a burst, then so many per second', () => {
  let nowMs = 0;
  const limit = new RateLimit(() => nowMs, 10, 20);
  const taken = () => Array.from({ length: 50 }, () => limit.take()).filter(Boolean).length;
  expect(taken()).toBe(20);
  expect(taken()).toBe(0);
  nowMs = 500;
  expect(taken()).toBe(5);
  nowMs = 1e9;
  expect(taken()).toBe(20);
});
