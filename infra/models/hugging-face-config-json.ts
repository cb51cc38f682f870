import type { DecoderConfig } from '../../src/core/checkpoint.js';

/**
 * config.json as Hugging Face writes it, without the tokens that end a text, for a person and for what reads sizes alone:
 * the factors of scaled positions are written as no reader of checkpoints takes them.
 */
export function huggingFaceConfigJson(config: DecoderConfig): object {
  const { ropeDivisors } = config;
  const family = familyOf(config);
  return {
    architectures: [`${family}ForCausalLM`],
    model_type: family.toLowerCase(),
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
    ...(ropeDivisors === undefined
      ? {}
      : { rope_scaling: { rope_type: 'divisors', divisors: ropeDivisors } }),
    rms_norm_eps: config.rmsEpsilon,
    tie_word_embeddings: config.tiedEmbeddings,
  };
}

function familyOf({ attentionBiases, headNorms }: DecoderConfig): string {
  if (headNorms) return 'Qwen3';
  return attentionBiases ? 'Qwen2' : 'Llama';
}
