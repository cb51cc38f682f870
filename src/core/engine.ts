import type { SlipstreamError } from './errors.js';
import type { CompiledRequest, GenerationResult, RequestMode } from './generation.js';
import type { Cancel } from './scheduler.js';
import type { ChatMessage } from './tokenizer.js';

/** What a caller may ask for; ranges are those of `SamplerParameters`. Exactly one of the four prompts is given. */
export interface GenerationRequest {
  readonly prompt?: string;
  /** Rendered with the model's chat template. */
  readonly messages?: readonly ChatMessage[];
  readonly promptTokenIds?: readonly number[];
  /** A prompt in which special tokens count as such; text events then show special tokens too. */
  readonly rawPrompt?: string;
  /** Default: the engine's. */
  readonly mode?: RequestMode;
  /** 1..64. Default: from measured times. */
  readonly lookahead?: number;
  /** 0..64 drafts that the first job after a rollback waits for (dsi). Default: planned. */
  readonly wait?: number;
  /** 1..64. Default: every target there is. */
  readonly targets?: number;
  /** 1..1,000,000. Default 256. Cut to the model's context. */
  readonly maxTokens?: number;
  readonly minTokens?: number;
  /** 0..2, default 0 (greedy). */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Token id -> bias, -100..100. */
  readonly logitBias?: Readonly<Record<string, number>>;
  /** 0..2^53-1. Default: drawn, and reported. */
  readonly seed?: number;
  /** Up to 4 strings of 1..256 characters. */
  readonly stop?: string | readonly string[];
  readonly ignoreEndTokens?: boolean;
  /** 0..20: tell the log probability of each token, and those of so many of the likeliest. Default: none are told. */
  readonly logprobs?: number;
}

/** A token and how likely it was. */
export interface TokenLogprob {
  readonly token: number;
  /** The bytes it stands for; of some tokens only a part of a character. */
  readonly bytes: Uint8Array;
  /** Natural logarithm of its probability, before temperature, penalties, biases and filters; -9999 at least. */
  readonly logprob: number;
}

/** How likely the target found a token of its own, and what it found likeliest. */
export interface LoggedLogprobs extends TokenLogprob {
  /** The likeliest first; the token itself may not be among them. */
  readonly top: readonly TokenLogprob[];
}

/** A committed token as sinks see it: released only when its text cannot be part of a stop string any more. */
export interface LoggedToken {
  readonly seq: number;
  readonly token: number;
  /** Whole characters only: a token that ends inside one has '' and the next carries it. */
  readonly text: string;
  readonly drafted: boolean;
  readonly atMs: number;
  /** Where the request asks for them. */
  readonly logprobs?: LoggedLogprobs;
}

export type GenerationEnd =
  | { readonly outcome: 'completed' | 'cancelled'; readonly result: GenerationResult }
  | { readonly outcome: 'failed'; readonly error: SlipstreamError; readonly result: GenerationResult };

/** The released tokens of one generation: append-only, readable from any place by any number of readers. */
export interface GenerationLog {
  /** `tokens[i].seq === i`. Never mutate. */
  readonly tokens: readonly LoggedToken[];
  /** Set after the last token. */
  readonly end: GenerationEnd | undefined;
  /** Calls `changed` after every append and at the end, never synchronously inside `watch`. */
  watch(changed: () => void): Cancel;
}

export interface GenerationHandle {
  readonly id: string;
  readonly model: string;
  readonly drafter: string | undefined;
  readonly request: CompiledRequest;
  readonly createdAtMs: number;
  readonly log: GenerationLog;
  cancel(): void;
}

/** What edges (CLI, WebSocket, HTTP) need of an engine. */
export interface GenerationService {
  /**
   * Starts or queues a generation. Throws InvalidOptionError, ContextLengthError, BusyError (queue full) or
   * UnavailableError (draining). Tokenising may be done off-thread, hence the promise.
   */
  create(request: GenerationRequest): Promise<GenerationHandle>;
  /** Running or ended less than 60 s ago. */
  find(id: string): GenerationHandle | undefined;
  health(): ServiceHealth;
}

export interface ServiceHealth {
  readonly status: 'ready' | 'no_target' | 'draining';
  readonly model: string;
  readonly targets: number;
  readonly drafters: number;
  readonly running: number;
  readonly waiting: number;
}
