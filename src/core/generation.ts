import type { TokenLogprobs } from './logprobs.js';
import type { Numerics } from './model.js';
import type { SamplerParameters } from './sampler-parameters.js';

export const GENERATION_MODES = ['none', 'si', 'dsi'] as const;
/** How tokens are decoded. */
export type GenerationMode = (typeof GENERATION_MODES)[number];

export const REQUEST_MODES = ['auto', ...GENERATION_MODES] as const;
/** How they are asked to be decoded; `auto`: as measured times and acceptance say. */
export type RequestMode = (typeof REQUEST_MODES)[number];

/** A request with every default filled in, as the controller runs it. */
export interface CompiledRequest {
  readonly id: string;
  readonly promptTokenIds: readonly number[];
  readonly sampler: SamplerParameters;
  readonly seed: number;
  /** Most tokens to generate, at least 1; already cut to the context. */
  readonly maxTokens: number;
  /** Tell the log probability of each token, and those of so many of the likeliest, 0..20; undefined: tell none. */
  readonly logprobs?: number | undefined;
  /** Strings that end the text; it is cut before the first of them. */
  readonly stop: readonly string[];
  readonly mode: RequestMode;
  /** New drafts that make a further job worth sending (dsi), or drafts per round (si); undefined: from T, c and SP. */
  readonly lookahead: number | undefined;
  /** Drafts that the first job after a rollback waits for (dsi); undefined: planned. */
  readonly wait?: number | undefined;
  /** Most targets to use; undefined: all. */
  readonly targets: number | undefined;
}

export type FinishReason = 'stop' | 'length' | 'cancelled' | 'error';

/** One committed token. */
export interface CommittedToken {
  /** From 0, rising by one. */
  readonly seq: number;
  readonly position: number;
  readonly token: number;
  /** Whether a drafter had guessed it when it was committed. */
  readonly drafted: boolean;
  /** Where the request asks for them. */
  readonly logprobs?: TokenLogprobs | undefined;
  readonly atMs: number;
}

export interface Plan {
  readonly mode: GenerationMode;
  readonly lookahead: number;
  /** Drafts that the first job after a rollback waits for. */
  readonly wait: number;
  /** Most drafts beyond the committed prefix. */
  readonly ahead: number;
  /** Drafters that take time go no further where all undecided drafts are right with less than this; 0: anywhere. */
  readonly leastLikelihood: number;
  /** Most drafts that one job decides. */
  readonly jobTokens: number;
  /**
   * What drafts cost in a job that is there anyway, in tokens that could be decoded meanwhile, by their number from 0 on:
   * it takes as many as bring most. Empty: nothing.
   */
  readonly placeCosts: readonly number[];
  readonly targets: number;
  /** Instances of one drafter that take turns: while one drafts, the others stand by. 0: none drafts. */
  readonly drafters: number;
  readonly reason: string;
}

export interface SpeculationReport {
  readonly plan: Plan;
  readonly numerics: Numerics;
  /** Targets that returned a verdict. */
  readonly targets: number;
  readonly targetForwards: number;
  readonly drafterForwards: number;
  readonly rollbacks: number;
  /** Drafts that neither confirmed nor refuted a position. */
  readonly wastedDrafts: number;
  /** confirmed / (confirmed + first refuted); undefined while nothing was decided. */
  readonly acceptance: number | undefined;
  readonly staleVerdicts: number;
  /** Plain decoding's time per token over the measured one; undefined before it can be told. */
  readonly estimatedSpeedup: number | undefined;
}

export interface GenerationTimings {
  readonly promptTokens: number;
  /** From the request to the first committed token. */
  readonly promptMs: number;
  readonly predictedTokens: number;
  /** From the first committed token to the last. */
  readonly predictedMs: number;
  /** Drafts that a verdict decided. */
  readonly draftTokens: number;
  readonly draftTokensAccepted: number;
}

export interface GenerationResult {
  readonly finishReason: FinishReason;
  readonly timings: GenerationTimings;
  readonly speculation: SpeculationReport;
}
