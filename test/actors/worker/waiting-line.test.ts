import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../../../actors/worker/waiting-line.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

function createBench() {
  const scheduler = new VirtualScheduler();
  const line = new WaitingLine(scheduler);
  return {
    line,
    /** Lets that many milliseconds pass. */
    pass: (ms: number) => {
      scheduler.schedule(ms, () => {});
      scheduler.run();
    },
    places: (...generations: string[]) => generations.map((generation) => line.before(generation)),
  };
}

describe('the line for a slot', () => {
  it('is in the order in which its members first asked; who has no place comes last', () => {
    const { line, pass, places } = createBench();
    expect([line.isEmpty, line.before('a')]).toEqual([true, 0]);
    for (const generation of ['a', 'b', 'c', 'a']) {
      line.wait(generation);
      pass(10);
    }
    expect(places('a', 'b', 'c', 'd')).toEqual([0, 1, 2, 3]);
    expect([line.leave('b'), line.leave('b'), line.isEmpty]).toEqual([true, false, false]);
    expect(places('a', 'c', 'b')).toEqual([0, 1, 2]);
    line.clear();
    expect(line.isEmpty).toBe(true);
  });

  it('forgets who asks no more, and nobody whose request was lost once', () => {
    const { line, pass, places } = createBench();
    line.wait('dead');
    line.wait('alive');
    pass(3200);
    expect(places('dead', 'alive')).toEqual([0, 1]);
    line.wait('alive');
    pass(1000);
    expect(places('dead', 'alive')).toEqual([1, 0]);
    pass(3200);
    expect(line.isEmpty).toBe(true);
  });

  it('has 1024 places', () => {
    const { line, places } = createBench();
    for (let i = 0; i < 1100; i++) line.wait(`g${i}`);
    expect(places('g0', 'g1023', 'g1024', 'g1099')).toEqual([0, 1023, 1024, 1024]);
    line.leave('g0');
    line.wait('g1099');
    expect(places('g1099')).toEqual([1023]);
  });
});
