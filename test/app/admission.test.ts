import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/app/admission.js';
import { BusyError, UnavailableError } from '../../src/core/errors.js';

/** Who has begun, in order, and who could not; the names in `broken` throw. */
function createBench(parallel: number, queue: number, broken: readonly string[] = []) {
  const admission = new Admission(parallel, queue);
  const begun: string[] = [];
  const failed: string[] = [];
  const enter = (name: string) =>
    admission.enter(
      () => {
        if (broken.includes(name)) throw new Error(`${name} is broken`);
        begun.push(name);
      },
      (error) => failed.push((error as Error).message),
    );
  return { admission, begun, failed, enter };
}

describe('admission', () => {
  it('leaves half of the queue to others than whoever asks for several places', () => {
    expect(createBench(4, 64).admission.placesPerRequest).toBe(36);
    expect(createBench(1, 3).admission.placesPerRequest).toBe(3);
    expect(createBench(1, 0).admission.placesPerRequest).toBe(1);
  });

  it('lets so many run, so many wait in the order in which they came, and refuses more', () => {
    const { admission, begun, enter } = createBench(1, 2);
    for (const name of ['a', 'b', 'c']) enter(name);
    expect(() => enter('d')).toThrow(BusyError);
    expect([admission.runningCount, admission.waitingCount]).toEqual([1, 2]);
    admission.leave();
    admission.leave();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('forgets who gives up the place in the queue', () => {
    const { admission, begun, enter } = createBench(1, 2);
    enter('a');
    const giveUp = enter('b');
    enter('c');
    giveUp();
    giveUp();
    admission.leave();
    expect(begun).toEqual(['a', 'c']);
  });

  it('gives the place of one that cannot begin to the next, whether it had waited or not', () => {
    const { admission, begun, failed, enter } = createBench(1, 3, ['a', 'c', 'd']);
    for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name);
    expect([begun, failed]).toEqual([['b'], ['a is broken']]);
    admission.leave();
    expect([begun, failed]).toEqual([
      ['b', 'e'],
      ['a is broken', 'c is broken', 'd is broken'],
    ]);
    admission.leave();
    expect(admission.runningCount).toBe(0);
  });

  it('drains when nothing runs any more, also where the last could not begin', async () => {
    const { admission, failed, enter } = createBench(1, 1, ['b']);
    enter('a');
    enter('b');
    const drained = admission.drain('it ends');
    expect(() => enter('c')).toThrow(UnavailableError);
    admission.leave();
    await drained;
    expect(failed).toEqual(['b is broken']);
  });
});
