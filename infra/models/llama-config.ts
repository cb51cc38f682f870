import type { DecoderConfig } from '../../src/core/checkpoint.js';

/** config.json as Hugging Face writes it, without the tokens that end a text. */
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
