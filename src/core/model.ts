import type { TokenLogprobs } from './logprobs.js';
import type { SamplerParameters } from './sampler-parameters.js';

/** Whether target passes give the same bits whatever the chunking: proven by the self-test at load. */
export type Numerics = 'exact' | 'relaxed';

/** A measured point of T(n): one forward over `tokens` new tokens takes `ms`. */
export interface ForwardTime {
  readonly tokens: number;
  readonly ms: number;
}

export interface ModelInfo {
  /** The name the user gave. */
  readonly name: string;
  readonly vocabularySize: number;
  /** Most tokens a sequence can hold, prompt included. */
  readonly contextTokens: number;
  /** Hash of all that decides its verdicts; targets of one generation share it. */
  readonly fingerprint: string;
  readonly numerics: Numerics;
  /** `Tokenizer.hash`; '*' for a source of drafts that works with any tokenizer. */
  readonly tokenizerHash: string;
  /** Ascending in `tokens`, never empty. */
  readonly forwardTimes: readonly ForwardTime[];
  /** A pass over more new tokens than this is split, so that no pass blocks the process for long. */
  readonly maxChunkTokens: number;
  /** False when a pass takes microseconds: the caller need not let messages in between two passes. */
  readonly blocking: boolean;
}

/** Everything a verdict depends on besides the model and the path (design: the one invariant). */
export interface SequenceOptions {
  readonly generation: string;
  /** 0..2^53-1. */
  readonly seed: number;
  readonly sampler: SamplerParameters;
  /** Prompt plus output; at most `contextTokens`. */
  readonly capacityTokens: number;
  /**
   * How many of the likeliest tokens to tell the log probabilities of, beside that of the one picked, 0..20; undefined: of
   * none.
   */
  readonly logprobs?: number | undefined;
}

export interface ForwardResult {
  /**
   * The model's own next token after each of the last `want` paths, oldest first. Shorter than `want` only for a
   * source that has nothing to say (n-gram lookup without a hit): those it lacks are missing at the end.
   */
  readonly tokenIds: readonly number[];
  /** How sure, 0..255, one per token id. */
  readonly confidences: readonly number[];
  /** One per token id, of a sequence that was opened for them. */
  readonly logprobs?: readonly TokenLogprobs[] | undefined;
  readonly startedAtMs: number;
  readonly forwardMs: number;
}

export type ForwardCallback = (error: Error | undefined, result: ForwardResult | undefined) => void;

/**
 * One sequence being continued by one model: KV cache, sampler state and all. The owner remembers the tokens.
 * A pass blocks the process (`forward` may do so before or after it returns); `done` is never called synchronously,
 * and one pass runs at a time.
 */
export interface Sequence {
  /** Tokens ingested. */
  readonly length: number;
  /** Forgets all tokens from `length` on. */
  crop(length: number): void;
  /**
   * Ingests 1..maxChunkTokens tokens and picks the next token after each of the last `want` (0..tokens.length)
   * of them. `tokens` is not kept. After a pass that fails with InvalidLogitsError, which names the first path whose
   * next token cannot be picked, the sequence is as it was before.
   */
  forward(tokens: readonly number[], want: number, done: ForwardCallback): void;
  /** Idempotent. Frees the slot at once, also during a pass: that then ends as any other, with a result for nobody. */
  close(): void;
}

/** A model in memory, serving up to `slots` sequences in turn. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /** Throws BusyError while every slot is taken, InvalidOptionError, and UnavailableError once closed. */
  openSequence(options: SequenceOptions): Sequence;
  close(): Promise<void>;
}
