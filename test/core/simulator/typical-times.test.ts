import { describe, expect, it } from 'vitest';
import { steadyTiming } from '../../../src/core/pass-timing.js';
import { TypicalDrafterTimes, TypicalTargetTimes } from '../../../src/core/simulator/typical-times.js';
import { typicalTrace } from '../../../src/core/simulator/typical-trace.js';
import { mean } from '../../../src/core/statistics.js';

const PROMPT = 5;
const UNSTEADY = 20;

function expectTypical(passes: readonly number[], jitter: number): void {
  const middle = mean(passes);
  expect(middle).toBeCloseTo(10, 6);
  const deviation = Math.sqrt(mean(passes.map((ms) => (ms - middle) ** 2)));
  expect(Math.abs(deviation / middle / jitter - 1)).toBeLessThan(0.15);
}

describe("typical times of a target's passes", () => {
  const right = typicalTrace(0.6, 200);
  const timesOf = (jitter: number, seed = 1) =>
    new TypicalTargetTimes({ ...steadyTiming(10), jitter }, PROMPT, right, UNSTEADY, seed);
  const afterWrong = (at: number) => right[at - 1] === false;
  const steady = right.map((_, at) => at).slice(UNSTEADY);

  it.each([0.1, 0.5])(
    'are a sample of a variation of %d where they are waited for, and elsewhere',
    (jitter) => {
      const times = timesOf(jitter);
      for (const isWaitedFor of [true, false]) {
        const places = steady.filter((at) => afterWrong(at) === isWaitedFor);
        expectTypical(
          places.map((at) => times.next(1, PROMPT + at)),
          jitter,
        );
      }
    },
  );

  it('depend on where a pass begins and on nothing else', () => {
    const times = timesOf(0.5);
    const first = times.next(1, PROMPT + 30);
    expect(times.next(1, PROMPT + 31)).not.toBe(first);
    expect(times.next(1, PROMPT + 30)).toBe(first);
    expect(timesOf(0.5).next(1, PROMPT + 30)).toBe(first);
    expect(timesOf(0.5, 2).next(1, PROMPT + 30)).not.toBe(first);
  });

  it('are those of the model where passes do not vary, longer by each further token', () => {
    const timing = { ...steadyTiming(10), perTokenMs: 2 };
    const times = new TypicalTargetTimes(timing, PROMPT, right, UNSTEADY, 1);
    expect([times.next(1, 40), times.next(4, 40), times.next(1, 1)]).toEqual([10, 16, 10]);
  });
});

it("typical times of a drafter's passes are a sample in every row of 256, in an order by seed", () => {
  const draw = (seed: number) => {
    const times = new TypicalDrafterTimes({ ...steadyTiming(10), jitter: 0.3 }, seed);
    return Array.from({ length: 256 }, () => times.next(1));
  };
  expectTypical(draw(1), 0.3);
  expect(draw(2)).not.toEqual(draw(1));
});
