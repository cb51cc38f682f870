import { describe, expect, it } from 'vitest';
import { createSimModel } from '../../../infra/sim/sim-model.js';
import { parseSimModel } from '../../../infra/sim/sim-options.js';
import { BusyError } from '../../../src/core/errors.js';
import type { ForwardResult, SequenceOptions } from '../../../src/core/model.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

const sequence: SequenceOptions = {
  generation: 'g',
  seed: 1,
  sampler: { ...neutralSampler, promptLength: 2 },
  capacityTokens: 500,
};

function load(url: string, recorded?: readonly number[], slots?: number) {
  const scheduler = new VirtualScheduler();
  const model = createSimModel({
    name: url,
    options: parseSimModel(url),
    recorded,
    ...(slots === undefined ? {} : { slots }),
    scheduler,
    wait: (ms, done) => void scheduler.schedule(ms, done),
  });
  const open = (options: Partial<SequenceOptions> = {}) => {
    const made = model.openSequence({ ...sequence, ...options });
    return {
      made,
      pass(tokens: readonly number[], want = 1): ForwardResult {
        let got: ForwardResult | undefined;
        made.forward(tokens, want, (error, result) => {
          if (error !== undefined) throw error;
          got = result;
        });
        expect(got).toBeUndefined();
        scheduler.run();
        if (got === undefined) throw new Error('no result');
        return got;
      },
    };
  };
  return { scheduler, model, open };
}

/** Prompt [1, 2] and then what the model itself says. */
function decode(
  open: ReturnType<typeof load>['open'],
  count: number,
  options: Partial<SequenceOptions> = {},
): number[] {
  const { pass } = open(options);
  const text = [...pass([1, 2]).tokenIds];
  while (text.length < count) text.push(...pass(text.slice(-1)).tokenIds);
  return text;
}

describe('a simulated target', () => {
  it('takes its time over the prompt', () => {
    const { scheduler, open } = load('sim:target?ms=20&first=90');
    const { made, pass } = open();
    expect(pass([1, 2]).forwardMs).toBe(90);
    expect(pass([3]).forwardMs).toBe(20);
    made.crop(0);
    expect(pass([1, 2]).forwardMs).toBe(90);
    expect(scheduler.now()).toBe(200);
  });

  it('says the same after the same path, however it was chunked or rolled back', () => {
    const { open } = load('sim:target?ms=20');
    const text = decode(open, 30);
    const { made, pass } = open();
    expect(pass([1, 2, ...text.slice(0, 9)], 10).tokenIds).toEqual(text.slice(0, 10));
    pass([77, 78, 79], 0);
    made.crop(6);
    expect(made.length).toBe(6);
    expect(pass(text.slice(4, 20), 3).tokenIds).toEqual(text.slice(18, 21));
  });

  it('depends on the whole path, and on the seed only when it samples', () => {
    const { open } = load('sim:target?ms=20');
    expect(open().pass([1, 2]).tokenIds).not.toEqual(open().pass([3, 2]).tokenIds);
    expect(decode(open, 20, { seed: 9 })).toEqual(decode(open, 20));
    const sampler = { ...sequence.sampler, temperature: 1 };
    expect(decode(open, 20, { sampler, seed: 9 })).not.toEqual(decode(open, 20, { sampler }));
    expect(decode(open, 20, { sampler, seed: 9 })).toEqual(decode(open, 20, { sampler, seed: 9 }));
  });

  it('takes its time for a pass, never less, and says so', () => {
    const { scheduler, open, model } = load('sim:target?ms=20');
    const { startedAtMs, forwardMs } = open().pass([1, 2, 3]);
    expect([startedAtMs, forwardMs, scheduler.now()]).toEqual([0, 20, 20]);
    expect(model.info.forwardTimes).toEqual([{ tokens: 1, ms: 20 }]);
  });

  it('has as many sequences open as it has slots, and one more as soon as one is closed', () => {
    const { scheduler, open } = load('sim:target?ms=20', undefined, 1);
    const { made } = open();
    expect(() => open()).toThrow(BusyError);
    let ended = false;
    made.forward([1, 2], 1, () => {
      ended = true;
    });
    made.close();
    made.close();
    open();
    expect(() => open()).toThrow(BusyError);
    scheduler.run();
    expect(ended).toBe(true);
  });

  it('refuses what exceeds the capacity', () => {
    const { scheduler, model } = load('sim:target');
    const made = model.openSequence({ ...sequence, capacityTokens: 2 });
    let problem: Error | undefined;
    made.forward([1, 2, 3], 1, (error) => {
      problem = error;
    });
    scheduler.run();
    expect(problem?.message).toMatch(/capacity of 2/);
    expect(made.length).toBe(0);
  });
});

describe('a simulated drafter', () => {
  it.each([0, 0.3, 0.8, 1])(
    'agrees with the target on a share of %d of all paths, the same in every run',
    (acceptance) => {
      const target = load('sim:target').open();
      const text = decode(load('sim:target').open, 400);
      const { open } = load(`sim:drafter?ms=2&acceptance=${acceptance}`);
      const guesses = () => open().pass([1, 2, ...text.slice(0, 399)], 400).tokenIds;
      const drafts = guesses();
      const right = drafts.filter((token, index) => token === text[index]).length / 400;
      expect(Math.abs(right - acceptance)).toBeLessThan(0.08);
      if (acceptance === 0 || acceptance === 1) expect(right).toBe(acceptance);
      expect(guesses()).toEqual(drafts);
      target.made.close();
    },
  );

  it('replays a record for any target, and is silent beyond it', () => {
    const recorded = [5, 6, 7];
    const { open } = load('sim:drafter?acceptance=1', recorded);
    expect(open().pass([1, 2, 5, 6], 3).tokenIds).toEqual(recorded);
    expect(open().pass([1, 2, 5, 6, 7], 2).tokenIds).toEqual([7]);
    const wrong = load('sim:drafter?acceptance=0', recorded).open();
    expect(wrong.pass([1, 2], 1).tokenIds).not.toEqual([5]);
  });
});
