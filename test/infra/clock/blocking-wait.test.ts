import { describe, expect, it } from 'vitest';
import { waitBlocking } from '../../../infra/clock/blocking-wait.js';

describe('blocking wait', () => {
  it('never returns early, and seldom much later', () => {
    for (const durationMs of [0, 0.05, 0.4, 1.3, 2.55, 5]) {
      const overshoots: number[] = [];
      for (let i = 0; i < 10; i++) {
        const startMs = performance.now();
        waitBlocking(durationMs);
        overshoots.push(performance.now() - startMs - durationMs);
      }
      overshoots.sort((a, b) => a - b);
      expect(overshoots[0]).toBeGreaterThanOrEqual(0);
      expect(overshoots[2]).toBeLessThan(1);
    }
  });
});
