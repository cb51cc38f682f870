import { z } from 'zod';
import type { DecoderConfig } from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import { readJsonFile } from './json-file.js';
import { ropeDivisors, ropeSchema } from './rope-scaling.js';

/** The far end of what is plausible, as for GGUF: low enough that nothing absurd is allocated. */
const integer = (most: number) => z.int().min(1).max(most);
const positive = z.number().gt(0);

/** The one value of a field with which the computation is one that is implemented. */
const only = <const Value extends string | number | boolean | null>(value: Value, reason = '') =>
  z.literal(value, {
    error: ({ input }) =>
      `${(JSON.stringify(input) ?? 'nothing').slice(0, 80)} is not supported${reason}: must be ${JSON.stringify(value)}`,
  });

/** What `quantization_config.quant_method` says of matrices that are stored as GGUF's blocks. */
const BLOCKS_METHOD = 'gguf-blocks';

/** With fewer there is no text to speak of, and none that an engine takes. */
const FEWEST_CONTEXT_TOKENS = 16;

const headCount = integer(1024);
const noBias = only(false, ' (of matrices, only q, k and v of qwen2 have biases)').nullish();

/** Defaults are those of transformers. What decides whether the rest makes sense comes first. */
const shared = {
  quantization_config: z
    .looseObject({ quant_method: only(BLOCKS_METHOD, ' (import the checkpoint that it was made of)') })
    .nullish(),
  hidden_act: only('silu').nullish(),
  partial_rotary_factor: only(1).nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  num_hidden_layers: integer(1024),
  hidden_size: integer(65_536),
  num_attention_heads: headCount,
  head_dim: integer(1024).nullish(),
  intermediate_size: integer(1 << 20),
  vocab_size: integer(10_000_000),
  max_position_embeddings: z
    .int()
    .min(FEWEST_CONTEXT_TOKENS)
    .max(1 << 24),
  rms_norm_eps: positive.default(1e-6),
  rope_theta: positive.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  layer_types: z.array(only('full_attention')).nullish(),
  num_experts: only(0).nullish(),
  num_local_experts: only(0).nullish(),
  attn_logit_softcapping: only(null).optional(),
};

/** Windows that are configured but not in use are no obstacle: `sliding_window` may be a number then. */
const qwen = {
  num_key_value_heads: headCount,
  use_sliding_window: only(false).nullish(),
};

const families = [
  z.looseObject({
    model_type: z.literal('llama'),
    ...shared,
    num_key_value_heads: headCount.nullish(),
    attention_bias: noBias,
    mlp_bias: noBias,
    sliding_window: only(null).optional(),
  }),
  // Left out, the window would be 4096.
  z.looseObject({
    model_type: z.literal('mistral'),
    ...shared,
    num_key_value_heads: headCount,
    sliding_window: only(null),
  }),
  z.looseObject({ model_type: z.literal('qwen2'), ...shared, ...qwen }),
  z.looseObject({ model_type: z.literal('qwen3'), ...shared, ...qwen, attention_bias: noBias }),
] as const;

const configSchema = z.discriminatedUnion('model_type', families, {
  error: ({ code, input }) => {
    if (code !== 'invalid_union') return undefined;
    const given = (input as { model_type?: unknown }).model_type;
    const known = families.map(({ shape }) => shape.model_type.value).join(', ');
    return `${JSON.stringify(given) ?? 'nothing'} is not supported: must be one of ${known}`;
  },
});

/** Of Qwen3, whatever its width; the others divide their width among their heads. */
const QWEN3_HEAD_SIZE = 128;

/** Reads Hugging Face's config.json. Throws ModelFormatError naming the file and the field. */
export function readHuggingFaceConfig(path: string): DecoderConfig {
  const json = readJsonFile(path, configSchema);
  if (json === undefined) throw new ModelFormatError(path, 'is missing');
  const heads = json.num_attention_heads;
  const kvHeads = json.num_key_value_heads ?? heads;
  const isQwen3 = json.model_type === 'qwen3';
  const headSize = json.head_dim ?? (isQwen3 ? QWEN3_HEAD_SIZE : json.hidden_size / heads);
  if (heads % kvHeads !== 0)
    throw new ModelFormatError(path, `num_key_value_heads: ${kvHeads} does not divide ${heads} heads`);
  if (headSize % 16 !== 0) throw new ModelFormatError(path, `head_dim: ${headSize} is not a multiple of 16`);
  const rope = json.rope_parameters ?? json.rope_scaling ?? undefined;
  const ropeBase = rope?.rope_theta ?? json.rope_theta ?? 10_000;
  return {
    layers: json.num_hidden_layers,
    width: json.hidden_size,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: json.intermediate_size,
    vocabularySize: json.vocab_size,
    contextTokens: json.max_position_embeddings,
    ropeBase,
    ropeDivisors: ropeDivisors(rope, ropeBase, headSize),
    rmsEpsilon: json.rms_norm_eps,
    ropeInterleaved: false,
    tiedEmbeddings: json.tie_word_embeddings ?? false,
    attentionBiases: json.model_type === 'qwen2',
    headNorms: isQwen3,
  };
}
