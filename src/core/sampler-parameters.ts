import { z } from 'zod';

/**
 * Sampler parameters in force, defaults filled in: all that a verdict depends on besides target, seed and path.
 * Repeated unchanged at every session open. Ranges follow the OpenAI and vLLM parameters of the same names.
 */
export const samplerParametersSchema = z.object({
  /** 0 is greedy. */
  temperature: z.number().min(0).max(2),
  /** Keep the k likeliest; 0 is off. */
  topK: z.int().min(0).max(1_000_000),
  /** Keep the smallest set of likeliest tokens whose probability reaches this; 1 is off. */
  topP: z.number().gt(0).max(1),
  /** Keep tokens at least this likely relative to the likeliest; 0 is off. */
  minP: z.number().min(0).max(1),
  /** Divides positive and multiplies negative logits of tokens seen in prompt or output; 1 is off. */
  repetitionPenalty: z.number().min(0.01).max(10),
  /** Subtracted once from tokens seen in the output. */
  presencePenalty: z.number().min(-2).max(2),
  /** Subtracted per occurrence in the output. */
  frequencyPenalty: z.number().min(-2).max(2),
  /** Added to logits; pairs of token id and bias -100..100, ascending ids. */
  logitBias: z.array(z.tuple([z.int().min(0), z.number().min(-100).max(100)])).max(1024),
  /** End tokens cannot be picked before this many output tokens. */
  minTokens: z.int().min(0).max(1_000_000),
  endTokenIds: z.array(z.int().min(0)).max(64),
  /** Tokens of the prompt: positions below are not output. */
  promptLength: z.int().min(1),
});

export type SamplerParameters = Readonly<z.infer<typeof samplerParametersSchema>>;

/** Greedy, everything off. */
export const neutralSampler: Omit<SamplerParameters, 'promptLength'> = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
  minTokens: 0,
  endTokenIds: [],
};
