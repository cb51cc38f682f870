import { z } from 'zod';
import { breakdownSchema } from './peer.js';

/** One text by one contender. */
export const sampleSchema = z.object({
  contender: z.string(),
  set: z.enum(['mt_bench', 'humaneval']),
  prompt: z.string(),
  /** Contenders are compared within a turn: one text by each, right after one another. */
  turn: z.string(),
  tokensPerSecond: z.number(),
  firstTokenMs: z.number(),
  processorMsPerToken: z.number(),
  foreignCores: z.number(),
  accepted: z.number().optional(),
  decided: z.number().optional(),
  /** Whether the tokens are those of plain decoding. */
  asPlain: z.boolean(),
  breakdown: breakdownSchema.optional(),
});
export type Sample = z.infer<typeof sampleSchema>;

export const resultsSchema = z.object({
  machine: z.string(),
  tokens: z.int(),
  samples: z.array(sampleSchema),
  /** By contender that could not be opened: why. */
  failures: z.record(z.string(), z.string()),
});
export type Results = z.infer<typeof resultsSchema>;
