import { describe, expect, it } from 'vitest';
import { classOf, DrafterTrust } from '../../src/core/drafter-trust.js';

describe('trust in drafters', () => {
  it('is what they say of themselves at first', () => {
    const trust = new DrafterTrust();
    expect(trust.belief('a', 250)).toBeGreaterThan(trust.belief('a', 130));
    expect(trust.belief('a', 130)).toBeGreaterThan(trust.belief('a', 5));
  });

  it('becomes what came of it, for each drafter and each confidence by itself', () => {
    const trust = new DrafterTrust();
    for (let i = 0; i < 100; i++) {
      trust.note('boaster', 255, i % 5 === 0);
      trust.note('doubter', 20, i % 10 !== 0);
    }
    expect(trust.belief('boaster', 255)).toBeCloseTo(0.2, 1);
    expect(trust.belief('doubter', 20)).toBeCloseTo(0.9, 1);
    expect(trust.belief('boaster', 20)).toBeCloseTo(0.06, 1);
    expect(trust.belief('other', 255)).toBeCloseTo(0.94, 1);
  });

  it('is known for every class of confidence', () => {
    const trust = new DrafterTrust();
    for (let i = 0; i < 10; i++) trust.note('a', 100, i % 2 === 0);
    const beliefs = trust.beliefs('a');
    for (const confidence of [0, 31, 32, 100, 127, 128, 255])
      expect(beliefs[classOf(confidence, beliefs.length)]).toBe(trust.belief('a', confidence));
  });

  it('follows what has changed', () => {
    const trust = new DrafterTrust();
    for (let i = 0; i < 1000; i++) trust.note('a', 100, true);
    for (let i = 0; i < 600; i++) trust.note('a', 100, false);
    expect(trust.belief('a', 100)).toBeLessThan(0.2);
  });
});
