import { describe, expect, it } from 'vitest';
import { DrafterUsefulness } from '../../src/core/drafter-usefulness.js';

const by = (...drafters: string[]) => drafters.map((drafter) => ({ drafter, confidence: 100 }));

function commit(usefulness: DrafterUsefulness, count: number, right: (index: number) => string[]): void {
  for (let i = 0; i < count; i++) usefulness.noteCommitted(by(...right(i)));
}

describe('a drafter', () => {
  it('is of use by what it guessed first', () => {
    const usefulness = new DrafterUsefulness();
    for (const drafter of ['fast', 'slow']) usefulness.add(drafter);
    commit(usefulness, 200, (i) => (i % 2 === 0 ? ['fast', 'slow'] : ['slow']));
    expect(usefulness.share('fast')).toBeCloseTo(0.5, 1);
    expect(usefulness.share('slow')).toBeCloseTo(0.5, 1);
    expect([usefulness.rests('fast'), usefulness.rests('slow')]).toEqual([false, false]);
  });

  it('rests when it is of none, for longer each time, and gets another chance', () => {
    const usefulness = new DrafterUsefulness();
    for (const drafter of ['good', 'idle']) usefulness.add(drafter);
    const rests: number[] = [];
    let resting = 0;
    commit(usefulness, 1000, () => {
      if (usefulness.rests('idle')) resting++;
      else if (resting > 0) {
        rests.push(resting);
        resting = 0;
      }
      return ['good', 'idle'];
    });
    expect(rests.slice(0, 3)).toEqual([64, 128, 256]);
    expect(usefulness.rests('good')).toBe(false);
  });

  it('that does better on its next chance stays', () => {
    const usefulness = new DrafterUsefulness();
    usefulness.add('late');
    commit(usefulness, 48, () => []);
    expect(usefulness.rests('late')).toBe(true);
    commit(usefulness, 64, () => []);
    expect(usefulness.rests('late')).toBe(false);
    commit(usefulness, 400, () => ['late']);
    expect([usefulness.rests('late'), usefulness.share('late')]).toEqual([false, expect.closeTo(1, 2)]);
  });
});
