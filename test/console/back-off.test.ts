import { expect, test } from 'vitest';
import { backOffMs } from '../../console/back-off.js';

test('waits twice as long after each failure, to an end, and chance makes it shorter by a third at most', () => {
  expect([0, 1, 4, 5, 1000].map((failures) => backOffMs(failures, 0))).toEqual([
    500, 1000, 8000, 15_000, 15_000,
  ]);
  expect(backOffMs(1, 1)).toBe(700);
});
