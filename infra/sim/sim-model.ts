import { BusyError } from '../../src/core/errors.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import type {
  ForwardCallback,
  ForwardResult,
  LoadedModel,
  ModelInfo,
  Sequence,
  SequenceOptions,
} from '../../src/core/model.js';
import { announcedTimes, MAX_CHUNK_TOKENS, PassTimes } from '../../src/core/pass-timing.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';
import { TokenPath } from '../../src/core/token-path.js';
import type { SimOptions } from './sim-options.js';
import { replayDrafter, type SimTokenSource, simDrafter, simTarget } from './sim-token-source.js';
import { SIM_WORDS, simTokenizer } from './words.js';

/**
 * Lets `ms` pass as a forward would, then calls `done` (never synchronously), with the time at which it began where
 * that was not at once: blocking in real time, scheduled in virtual time.
 */
export type PassWait = (ms: number, done: (startedAtMs?: number) => void) => void;

export interface SimModelInput {
  readonly name: string;
  readonly options: SimOptions;
  /** Token ids to replay; undefined: agree by hash. */
  readonly recorded: readonly number[] | undefined;
  /** Whether the draft for each output position is right; begins anew after the last. Undefined: by `acceptance`. */
  readonly trace?: readonly boolean[] | undefined;
  readonly scheduler: Scheduler;
  readonly wait: PassWait;
  /** Most open sequences, at least 1. Default: any number. */
  readonly slots?: number;
  /** Uniform in [0, 1): decides pass times that vary. Default: the same sequence always. */
  readonly random?: () => number;
}

/** A model without weights: a pass takes a given time and never ends early. */
export function createSimModel(input: SimModelInput): LoadedModel {
  const { options, recorded } = input;
  const info: ModelInfo = {
    name: input.name,
    vocabularySize: recorded === undefined ? SIM_WORDS.length : 0x7fffffff,
    contextTokens: options.contextTokens,
    fingerprint: options.role === 'target' ? 'sim-target-1' : `sim-drafter-1:${input.name}`,
    numerics: 'exact',
    tokenizerHash: recorded === undefined ? simTokenizer.hash : '*',
    forwardTimes: announcedTimes(options.timing),
    maxChunkTokens: MAX_CHUNK_TOKENS,
    blocking: options.timing.ms > 0,
  };
  const times = new PassTimes(options.timing, input.random ?? createSeededRandom(1));
  const { slots = Number.POSITIVE_INFINITY } = input;
  const open = new Set<Sequence>();
  const closed = (sequence: Sequence): void => void open.delete(sequence);
  return {
    info,
    openSequence: (asked) => {
      if (open.size >= slots) throw new BusyError(`all ${slots} slots of ${input.name} are taken`);
      const sequence = new SimSequence(sourceOf(input, asked), asked, input, times, closed);
      open.add(sequence);
      return sequence;
    },
    close: async () => {},
  };
}

function sourceOf(input: SimModelInput, sequence: SequenceOptions): SimTokenSource {
  const { options, recorded } = input;
  if (options.role === 'target') return simTarget(sequence);
  return recorded === undefined
    ? simDrafter(sequence, options, input.trace)
    : replayDrafter(sequence, recorded, options.acceptance);
}

class SimSequence implements Sequence {
  private readonly path: TokenPath;

  constructor(
    private readonly source: SimTokenSource,
    options: SequenceOptions,
    private readonly input: SimModelInput,
    private readonly times: PassTimes,
    private readonly closed: (sequence: Sequence) => void,
  ) {
    this.path = new TokenPath('', source.root);
    this.capacityTokens = options.capacityTokens;
    this.logprobs = options.logprobs;
  }

  private readonly capacityTokens: number;
  private readonly logprobs: number | undefined;

  get length(): number {
    return this.path.length;
  }

  crop(length: number): void {
    if (length < this.path.length) this.path.crop(length);
  }

  forward(tokens: readonly number[], want: number, done: ForwardCallback): void {
    const { scheduler, wait } = this.input;
    const askedAtMs = scheduler.now();
    if (this.length + tokens.length > this.capacityTokens) {
      scheduler.schedule(0, () =>
        done(new Error(`sequence exceeds its capacity of ${this.capacityTokens}`), undefined),
      );
      return;
    }
    const { firstMs } = this.input.options;
    const isFirst = this.length === 0 && firstMs !== undefined;
    const tokenIds: number[] = [];
    const told: TokenLogprobs[] = [];
    tokens.forEach((token, index) => {
      this.path.push(token);
      if (index < tokens.length - want) return;
      const next = this.source.next(this.path.hash, this.path.length);
      if (next === undefined) return;
      tokenIds.push(next);
      if (this.logprobs === undefined) return;
      const logprobs = this.source.logprobs?.(this.path.hash, this.logprobs);
      if (logprobs !== undefined) told.push(logprobs);
    });
    wait(isFirst ? firstMs : this.times.next(tokens.length), (startedAtMs = askedAtMs) => {
      const result: ForwardResult = {
        tokenIds,
        confidences: tokenIds.map(() => 255),
        logprobs: this.logprobs === undefined ? undefined : told,
        startedAtMs,
        forwardMs: scheduler.now() - startedAtMs,
      };
      done(undefined, result);
    });
  }

  close(): void {
    this.closed(this);
  }
}
