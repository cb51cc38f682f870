import {
  ContextLengthError,
  errorMessage,
  InvalidOptionError,
  WorkerFailedError,
} from '../../src/core/errors.js';
import { type TokenLogprobs, tokenLogprobs } from '../../src/core/logprobs.js';
import type { ForwardCallback, ForwardResult, Sequence, SequenceOptions } from '../../src/core/model.js';
import { PathSampler, type Pick } from '../../src/core/sampler.js';
import type { Contest } from '../../src/core/sampler-contest.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import type { Decoder, Padding } from './decoder.js';
import type { KvStore } from './kv-store.js';
import type { VocabularyRows } from './vocabulary-rows.js';

/** A pick, and how likely it was where that is asked for. */
interface Said extends Pick {
  readonly logprobs?: TokenLogprobs;
}

/** What sequences of one model share. */
export interface SequenceContext {
  readonly decoder: Decoder;
  readonly padding: Padding;
  readonly vocabularySize: number;
  /** Of a drafter that knows only some of the vocabulary. */
  readonly rows: VocabularyRows | undefined;
  readonly maxChunkTokens: number;
  readonly scheduler: Scheduler;
  /** Called once, when the sequence is closed: its last pass may still be under way. */
  readonly onClosed: (sequence: OnnxSequence) => void;
  /** Called once, when the sequence is closed and its last pass has ended. */
  readonly onReleased: (sequence: OnnxSequence) => void;
}

/** One sequence on an ONNX decoder. */
export class OnnxSequence implements Sequence {
  private readonly store: KvStore;
  private readonly sampler: PathSampler;
  private readonly capacityTokens: number;
  private readonly logprobs: number | undefined;
  private valid = 0;
  private running = false;
  private closed = false;

  constructor(
    private readonly context: SequenceContext,
    options: SequenceOptions,
  ) {
    this.sampler = new PathSampler(options.sampler, options.seed, context.vocabularySize);
    this.capacityTokens = options.capacityTokens;
    this.logprobs = options.logprobs;
    this.store = context.decoder.openStore();
  }

  get length(): number {
    return this.valid;
  }

  crop(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.valid)
      throw new InvalidOptionError('length', length, `an integer 0..${this.valid}`);
    if (this.running) throw new Error('a sequence cannot be cropped during its pass');
    this.valid = length;
    this.sampler.crop(length);
  }

  forward(tokens: readonly number[], want: number, done: ForwardCallback): void {
    const problem = this.check(tokens, want);
    if (problem !== undefined) {
      this.context.scheduler.schedule(0, () => done(problem, undefined));
      return;
    }
    this.running = true;
    const finish = (error: Error | undefined, result: ForwardResult | undefined) => {
      this.running = false;
      if (this.closed) this.release();
      done(error, result);
    };
    this.pass([...tokens], want).then(
      (result) => finish(undefined, result),
      (error) => finish(error instanceof Error ? error : new Error(String(error)), undefined),
    );
  }

  /** Idempotent. During a pass the memory is freed when that has ended. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.context.onClosed(this);
    if (!this.running) this.release();
  }

  private async pass(tokens: readonly number[], want: number): Promise<ForwardResult> {
    const { scheduler } = this.context;
    const past = this.valid;
    const startedAtMs = scheduler.now();
    const pickNext = await this.run(tokens, want);
    try {
      const picks = this.pick(tokens, tokens.length - want, pickNext);
      this.valid = past + tokens.length;
      return { ...picks, startedAtMs, forwardMs: scheduler.now() - startedAtMs };
    } catch (error) {
      this.sampler.crop(past);
      throw error;
    }
  }

  /** Runs the model; what it gives picks the token after each of the last `want` of `tokens`, once these are pushed. */
  private async run(tokens: readonly number[], want: number): Promise<(index: number) => Said> {
    const { decoder, padding, rows } = this.context;
    const past = this.valid;
    const inputs = rows?.rowsOf(tokens) ?? tokens;
    try {
      if (this.takesLargest(past + tokens.length - want + 1)) {
        const winners = await decoder.topPass(this.store, inputs, past, want, padding);
        return (index) => {
          const contest = winners[index] as Contest;
          return this.sampler.pickWinner(
            rows === undefined ? contest : { ...contest, winner: rows.idOf(contest.winner) },
          );
        };
      }
      const logits = await decoder.pass(this.store, inputs, past, want, padding);
      return (index) => {
        const given = logits[index] as Float32Array;
        const row = (rows?.logitsOf(given) ?? given).subarray(0, this.context.vocabularySize);
        const pick = this.sampler.pick(row);
        if (this.logprobs === undefined) return pick;
        return { ...pick, logprobs: tokenLogprobs(row, pick.token, this.logprobs) };
      };
    } catch (error) {
      const where = `a pass of ${tokens.length} tokens after ${past}`;
      throw new WorkerFailedError(`${where} failed: ${errorMessage(error)}`, { cause: error });
    }
  }

  /** Whether the graph itself finds what is picked after paths of `length` tokens and more. */
  private takesLargest(length: number): boolean {
    const { decoder, rows, vocabularySize } = this.context;
    const known = rows?.vocabularySize ?? decoder.info.vocabularySize;
    const saysEnough = known === vocabularySize && this.logprobs === undefined;
    return decoder.info.builtHere && saysEnough && this.sampler.picksLargest(length);
  }

  /** Takes the tokens up and picks after each from index `first` on. */
  private pick(tokens: readonly number[], first: number, pickNext: (index: number) => Said) {
    const tokenIds: number[] = [];
    const confidences: number[] = [];
    const told: TokenLogprobs[] = [];
    tokens.forEach((token, i) => {
      this.sampler.push(token);
      if (i < first) return;
      const { token: picked, confidence, logprobs } = pickNext(i - first);
      tokenIds.push(picked);
      confidences.push(confidence);
      if (logprobs !== undefined) told.push(logprobs);
    });
    return { tokenIds, confidences, logprobs: this.logprobs === undefined ? undefined : told };
  }

  private check(tokens: readonly number[], want: number): Error | undefined {
    const { maxChunkTokens, vocabularySize } = this.context;
    if (this.closed) return new Error('the sequence is closed');
    if (this.running) return new Error('one pass of a sequence runs at a time');
    if (tokens.length < 1 || tokens.length > maxChunkTokens)
      return new InvalidOptionError('tokens', tokens, `a list of 1..${maxChunkTokens}`);
    if (!Number.isInteger(want) || want < 0 || want > tokens.length)
      return new InvalidOptionError('want', want, `an integer 0..${tokens.length}`);
    const wrong = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (wrong >= 0)
      return new InvalidOptionError(`tokens[${wrong}]`, tokens[wrong], `a token id 0..${vocabularySize - 1}`);
    const length = this.valid + tokens.length;
    if (length > this.capacityTokens) return new ContextLengthError(length, this.capacityTokens);
    return undefined;
  }

  private release(): void {
    this.store.release();
    this.context.onReleased(this);
  }
}
