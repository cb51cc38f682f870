import type { TinyModelOptions } from '../../../support/tiny-model.js';

/** A tiny model of a family, with config.json as it is found in the family's repositories. */
export interface ReferenceModel {
  readonly name: string;
  readonly options: TinyModelOptions;
  /** What config.json says besides sizes. */
  readonly config: Readonly<Record<string, unknown>>;
}

const sizes = { vocabularySize: 280, seed: 5 } as const;
/** Some frequencies are kept, some blended and some divided. */
const llama3 = {
  factor: 8.0,
  low_freq_factor: 1.0,
  high_freq_factor: 4.0,
  original_max_position_embeddings: 64,
  rope_type: 'llama3',
};
const unusedWindow = { sliding_window: 32, max_window_layers: 1, use_sliding_window: false };

export const REFERENCE_MODELS: readonly ReferenceModel[] = [
  {
    name: 'llama3',
    options: { ...sizes, tiedEmbeddings: true },
    config: { model_type: 'llama', attention_bias: false, mlp_bias: false, rope_scaling: llama3 },
  },
  {
    name: 'llama-linear',
    options: sizes,
    config: { model_type: 'llama', rope_scaling: { type: 'linear', factor: 2.5 } },
  },
  { name: 'mistral', options: sizes, config: { model_type: 'mistral', sliding_window: null } },
  {
    name: 'qwen2',
    options: { ...sizes, attentionBiases: true },
    config: { model_type: 'qwen2', rope_theta: 1_000_000, rms_norm_eps: 1e-6, ...unusedWindow },
  },
  {
    name: 'qwen2-tied',
    options: { ...sizes, attentionBiases: true, tiedEmbeddings: true },
    config: { model_type: 'qwen2', ...unusedWindow },
  },
  {
    name: 'qwen3',
    options: { ...sizes, headNorms: true, headSize: 32, tiedEmbeddings: true },
    config: {
      model_type: 'qwen3',
      attention_bias: false,
      rope_theta: 1_000_000,
      rope_scaling: null,
      ...unusedWindow,
    },
  },
];

/** The text, and the positions after which logits are compared: some beyond the context of the first training. */
export const REFERENCE_TOKENS = Array.from({ length: 120 }, (_, i) => (i * 37 + 11) % 280);
export const REFERENCE_POSITIONS = [17, 63, 119] as const;
