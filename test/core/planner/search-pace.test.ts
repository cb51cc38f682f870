import { describe, expect, it } from 'vitest';
import { restMs, STEP_EVERY_MS } from '../../../src/core/planner/search-pace.js';

describe('between two steps of a search', () => {
  it('messages have their turn, however short the step was', () => {
    expect(restMs(0, 1)).toBe(STEP_EVERY_MS);
    expect(restMs(0, 3)).toBe(3 * STEP_EVERY_MS);
  });

  it('the rest is so long that the search takes a small part of a core, whatever a step takes', () => {
    for (const tookMs of [2, 10, 200]) expect(tookMs / (tookMs + restMs(tookMs, 1))).toBeCloseTo(0.05, 6);
  });
});
