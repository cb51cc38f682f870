import type {
  ForwardCallback,
  LoadedModel,
  ModelInfo,
  Sequence,
  SequenceOptions,
} from '../../src/core/model.js';
import { NgramIndex, type NgramIndexOptions } from '../../src/core/ngram-index.js';
import type { Scheduler } from '../../src/core/scheduler.js';

export interface NgramModelOptions {
  readonly scheduler: Scheduler;
  /** Lengths of the repeated runs looked for. Default 2..16. */
  readonly match?: NgramIndexOptions;
}

/** Ids and lengths that any model may have: the target sets the limits. */
const UNLIMITED = 2 ** 31 - 1;
const FORWARD_MS = 0.02;

/** A drafter without weights: guesses what came next when the last tokens stood in prompt or output before. */
export function createNgramModel({
  scheduler,
  match = { minimumMatch: 2, maximumMatch: 16 },
}: NgramModelOptions): LoadedModel {
  const info: ModelInfo = {
    name: 'ngram',
    vocabularySize: UNLIMITED,
    contextTokens: UNLIMITED,
    fingerprint: `ngram:${match.minimumMatch}-${match.maximumMatch}`,
    numerics: 'exact',
    tokenizerHash: '*',
    forwardTimes: [{ tokens: 1, ms: FORWARD_MS }],
    maxChunkTokens: 65_536,
    blocking: false,
  };
  return {
    info,
    openSequence: (options) => new NgramSequence(new NgramIndex(match), options, scheduler),
    close: async () => {},
  };
}

class NgramSequence implements Sequence {
  constructor(
    private readonly index: NgramIndex,
    private readonly options: SequenceOptions,
    private readonly scheduler: Scheduler,
  ) {}

  get length(): number {
    return this.index.length;
  }

  crop(length: number): void {
    if (length < this.index.length) this.index.crop(length);
  }

  forward(tokens: readonly number[], want: number, done: ForwardCallback): void {
    const startedAtMs = this.scheduler.now();
    const { capacityTokens } = this.options;
    if (this.length + tokens.length > capacityTokens) {
      const error = new Error(`the sequence would be longer than its ${capacityTokens} tokens`);
      this.scheduler.schedule(0, () => done(error, undefined));
      return;
    }
    const tokenIds: number[] = [];
    const confidences: number[] = [];
    const firstWanted = tokens.length - want;
    let silent = false;
    tokens.forEach((token, i) => {
      this.index.push(token);
      if (i < firstWanted || silent) return;
      const prediction = this.index.predict();
      if (prediction === undefined) {
        // What is missing is missing at the end.
        silent = true;
        return;
      }
      tokenIds.push(prediction.token);
      confidences.push(prediction.confidence);
    });
    const forwardMs = this.scheduler.now() - startedAtMs;
    this.scheduler.schedule(0, () => done(undefined, { tokenIds, confidences, startedAtMs, forwardMs }));
  }

  close(): void {}
}
