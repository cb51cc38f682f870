import { describe, expect, it } from 'vitest';
import { runCell } from '../../../bench/lib/planner-cell.js';

describe('auto', () => {
  it.each([
    { ratio: 0.7, acceptance: 0.8, targets: 4, latency: 0, noise: 0 },
    { ratio: 5, acceptance: 0, targets: 4, latency: 0.02, noise: 0 },
    { ratio: 2, acceptance: 0.6, targets: 2, latency: 0, noise: 0 },
    { ratio: 12, acceptance: 0.3, targets: 2, latency: 0.5, noise: 0 },
    { ratio: 12, acceptance: 0.8, targets: 4, latency: 0.02, noise: 0 },
    { ratio: 5, acceptance: 0.6, targets: 1, latency: 0, noise: 0 },
    { ratio: 5, acceptance: 0.8, targets: 4, latency: 0, noise: 0 },
    { ratio: 12, acceptance: 0.8, targets: 1, latency: 0, noise: 0 },
    { ratio: 50, acceptance: 0.95, targets: 1, latency: 0, noise: 0 },
    // All times are multiples of a third of the drafter's, and all lookaheads the same.
    { ratio: 1.5, acceptance: 0.9, targets: 1, latency: 0.5, noise: 0 },
  ])('is as fast as the best fixed plan once it has learned: %j', (cell) => {
    const { ofBest, ofNone } = runCell(cell, 1000, 5);
    expect(ofBest).toBeGreaterThan(0.98);
    expect(ofNone).toBeGreaterThan(0.98);
  });
});
