import { z } from 'zod';
import type { DecoderConfig } from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import { readJsonFile } from './json-file.js';

/** The far end of what is plausible, as for GGUF: low enough that nothing absurd is allocated. */
const integer = (most: number) => z.int().min(1).max(most);
const positive = z.number().gt(0);

/** The one value of a field with which the computation is that of a plain Llama. */
const only = <const Value extends string | number | boolean | null>(value: Value, reason = '') =>
  z.literal(value, {
    error: ({ input }) =>
      `${(JSON.stringify(input) ?? 'nothing').slice(0, 80)} is not supported${reason}: must be ${JSON.stringify(value)}`,
  });

/** What `quantization_config.quant_method` says of matrices that are stored as GGUF's blocks. */
const BLOCKS_METHOD = 'gguf-blocks';

const noBias = only(false, ' (the matrices of a plain Llama have no biases)').nullish();

const ropeSchema = z.looseObject({
  rope_type: only('default').nullish(),
  /** Its older name. */
  type: only('default').nullish(),
  rope_theta: positive.nullish(),
});

/** Defaults are those of transformers' LlamaConfig. What decides whether the rest makes sense comes first. */
const configSchema = z.looseObject({
  model_type: only('llama'),
  quantization_config: z
    .looseObject({ quant_method: only(BLOCKS_METHOD, ' (import the checkpoint that it was made of)') })
    .nullish(),
  hidden_act: only('silu').nullish(),
  attention_bias: noBias,
  mlp_bias: noBias,
  sliding_window: only(null).optional(),
  partial_rotary_factor: only(1).nullish(),
  rope_scaling: ropeSchema.nullish(),
  /** Since version 5 of transformers instead of `rope_scaling` and `rope_theta`. */
  rope_parameters: ropeSchema.nullish(),
  num_hidden_layers: integer(1024),
  hidden_size: integer(65_536),
  num_attention_heads: integer(1024),
  num_key_value_heads: integer(1024).nullish(),
  head_dim: integer(1024).nullish(),
  intermediate_size: integer(1 << 20),
  vocab_size: integer(10_000_000),
  max_position_embeddings: integer(1 << 24),
  rms_norm_eps: positive.default(1e-6),
  rope_theta: positive.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

/** Reads Hugging Face's config.json of a Llama. Throws ModelFormatError naming the file and the field. */
export function readLlamaConfig(path: string): DecoderConfig {
  const json = readJsonFile(path, configSchema);
  if (json === undefined) throw new ModelFormatError(path, 'is missing');
  const heads = json.num_attention_heads;
  const kvHeads = json.num_key_value_heads ?? heads;
  const headSize = json.head_dim ?? json.hidden_size / heads;
  if (heads % kvHeads !== 0)
    throw new ModelFormatError(path, `num_key_value_heads: ${kvHeads} does not divide ${heads} heads`);
  if (headSize % 16 !== 0) throw new ModelFormatError(path, `head_dim: ${headSize} is not a multiple of 16`);
  return {
    architecture: 'llama',
    layers: json.num_hidden_layers,
    width: json.hidden_size,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: json.intermediate_size,
    vocabularySize: json.vocab_size,
    contextTokens: json.max_position_embeddings,
    ropeBase: json.rope_parameters?.rope_theta ?? json.rope_theta ?? 10_000,
    rmsEpsilon: json.rms_norm_eps,
    ropeInterleaved: false,
    tiedEmbeddings: json.tie_word_embeddings ?? false,
  };
}

/** The inverse: config.json as Hugging Face writes it, without the tokens that end a text. */
export function llamaConfigJson(config: DecoderConfig): object {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: config.architecture,
    hidden_act: 'silu',
    hidden_size: config.width,
    intermediate_size: config.feedForwardWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.contextTokens,
    rope_theta: config.ropeBase,
    rms_norm_eps: config.rmsEpsilon,
    tie_word_embeddings: config.tiedEmbeddings,
  };
}
