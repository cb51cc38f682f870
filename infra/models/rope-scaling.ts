import { z } from 'zod';

const positive = z.number().gt(0);

/** What every kind of scaling may say. */
const shared = {
  rope_theta: positive.nullish(),
  partial_rotary_factor: z
    .literal(1, { error: ({ input }) => `${input} is not supported: must be 1` })
    .nullish(),
};

const ROPE_TYPES = ['default', 'linear', 'llama3'] as const;

const byType = z.discriminatedUnion(
  'rope_type',
  [
    z.strictObject({ rope_type: z.literal('default'), ...shared }),
    z.strictObject({ rope_type: z.literal('linear'), factor: positive, ...shared }),
    z
      .strictObject({
        rope_type: z.literal('llama3'),
        factor: positive,
        low_freq_factor: positive,
        high_freq_factor: positive,
        original_max_position_embeddings: z.int().min(1),
        ...shared,
      })
      .refine((rope) => rope.high_freq_factor > rope.low_freq_factor, {
        path: ['high_freq_factor'],
        error: ({ input }) => {
          const { low_freq_factor: low, high_freq_factor: high } = input as Record<string, unknown>;
          return `is ${high}, but must be above low_freq_factor, ${low}`;
        },
      }),
  ],
  {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return undefined;
      const type = JSON.stringify((input as { rope_type?: unknown }).rope_type);
      return `${type} is not supported: must be one of ${ROPE_TYPES.join(', ')}`;
    },
  },
);

/**
 * `rope_scaling` of Hugging Face's config.json, or `rope_parameters` as it is called since version 5 of transformers.
 * The type was once called `type`.
 */
export const ropeSchema = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null) return value;
  const { type, ...rope } = value as Record<string, unknown>;
  return { ...rope, rope_type: rope.rope_type ?? type ?? 'default' };
}, byType);

export type RopeScaling = z.infer<typeof byType>;

/**
 * What the frequencies base ^ (-2 i / headSize), i = 0 .. headSize / 2 - 1, are divided by; undefined: 1. `llama3`
 * divides by `factor` what turns fewer than `low_freq_factor` times in the context of the first training, leaves alone
 * what turns more than `high_freq_factor` times, and blends between (transformers, modeling_rope_utils.py,
 * _compute_llama3_parameters).
 */
export function ropeDivisors(
  scaling: RopeScaling | undefined,
  base: number,
  headSize: number,
): readonly number[] | undefined {
  if (scaling === undefined || scaling.rope_type === 'default') return undefined;
  const { factor } = scaling;
  return Array.from({ length: headSize / 2 }, (_, i) => {
    if (scaling.rope_type === 'linear') return factor;
    const low = scaling.low_freq_factor;
    const high = scaling.high_freq_factor;
    const turns = (scaling.original_max_position_embeddings * base ** ((-2 * i) / headSize)) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / ((1 - kept) / factor + kept);
  });
}
