import { expect, it } from 'vitest';
import { jobAllowanceMs } from '../../src/core/job-deadline.js';

/** A job may take several times what is expected of it, and longer after each deadline missed in a row, up to a bound. */

it('is a multiple of the expected time, and never nothing', () => {
  expect(jobAllowanceMs(0, 0)).toBe(300);
  expect(jobAllowanceMs(20, 0)).toBe(380);
  expect(jobAllowanceMs(1000, 0)).toBe(4300);
});

it('doubles at each miss in a row, six times at most', () => {
  const allowances = Array.from({ length: 9 }, (_, misses) => jobAllowanceMs(50, misses));
  expect(allowances).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);
});
