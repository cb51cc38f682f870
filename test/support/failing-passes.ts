import type { LoadedModel } from '../../src/core/model.js';
import type { Scheduler } from '../../src/core/scheduler.js';

/** Why such a pass failed. */
export const NO_MEMORY = 'no memory';

/** `model`, but of its passes those fail that `fails` says. */
export function withFailingPasses(
  model: LoadedModel,
  scheduler: Scheduler,
  fails: () => boolean,
): LoadedModel {
  return {
    info: model.info,
    close: () => model.close(),
    openSequence: (asked) => {
      const sequence = model.openSequence(asked);
      return {
        get length() {
          return sequence.length;
        },
        crop: (length) => sequence.crop(length),
        forward: (tokens, want, done) => {
          if (fails()) scheduler.schedule(5, () => done(new Error(NO_MEMORY), undefined));
          else sequence.forward(tokens, want, done);
        },
        close: () => sequence.close(),
      };
    },
  };
}
