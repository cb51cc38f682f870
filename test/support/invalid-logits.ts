import { InvalidLogitsError } from '../../src/core/errors.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { TokenPath } from '../../src/core/token-path.js';

export interface InvalidLogits {
  /** Whether no token can be picked after this path, which is at least the prompt. */
  readonly isInvalid: (path: TokenPath) => boolean;
  /** As in attention, where 0 * NaN is NaN: such a path in a pass spoils the whole pass. */
  readonly poisons: () => boolean;
}

/** `model`, but after some paths its logits are NaN. */
export function withInvalidLogits(
  model: LoadedModel,
  scheduler: Scheduler,
  { isInvalid, poisons }: InvalidLogits,
): LoadedModel {
  return {
    info: model.info,
    close: () => model.close(),
    openSequence: (asked) => {
      const sequence = model.openSequence(asked);
      const path = new TokenPath(asked.generation);
      return {
        get length() {
          return sequence.length;
        },
        crop: (length) => {
          sequence.crop(length);
          if (length < path.length) path.crop(length);
        },
        forward: (tokens, want, done) => {
          const past = path.length;
          const firstWanted = past + tokens.length - want + 1;
          const invalid: number[] = [];
          for (const token of tokens) {
            path.push(token);
            const counts = path.length >= (poisons() ? asked.sampler.promptLength : firstWanted);
            if (counts && isInvalid(path)) invalid.push(path.length);
          }
          const [first] = invalid;
          if (first === undefined || want === 0) {
            sequence.forward(tokens, want, done);
            return;
          }
          path.crop(past);
          const error = new InvalidLogitsError(poisons() ? firstWanted : first, 'a logit is NaN');
          scheduler.schedule(1, () => done(error, undefined));
        },
        close: () => sequence.close(),
      };
    },
  };
}
