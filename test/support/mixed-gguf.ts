import { isBlockFormat } from '../../infra/onnx/graph/blocks/block-formats.js';
import type { NumberFormat, WeightFormat } from '../../src/core/checkpoint.js';
import type { GgufWriterInput, GgufWriterTensor } from './gguf-writer.js';
import { randomBlocks } from './random-blocks.js';
import { tinyGguf } from './tiny-gguf.js';
import { storeAs } from './tiny-quantise.js';
import { normalNumbers } from './tiny-random.js';

const WIDTH = 256;
const INNER = 512;
const KEYS = 128;

/** Of ggml_type in ggml.h. */
const typeNumbers: Readonly<Record<WeightFormat, number>> = {
  f32: 0,
  f16: 1,
  bf16: 30,
  q8_0: 8,
  q4_0: 2,
  q4_1: 3,
  q5_0: 6,
  q5_1: 7,
  q2_k: 10,
  q3_k: 11,
  q4_k: 12,
  q5_k: 13,
  q6_k: 14,
  iq4_nl: 20,
  iq4_xs: 23,
};

/** Columns, rows, strength, and formats in the layers: a mixture as Q4_K_M is one, then of all others. */
const matrices: readonly [name: string, number, number, number, WeightFormat, WeightFormat][] = [
  ['attn_q', WIDTH, WIDTH, 2, 'q4_k', 'q2_k'],
  ['attn_k', WIDTH, KEYS, 1, 'q4_k', 'q3_k'],
  ['attn_v', WIDTH, KEYS, 1, 'q6_k', 'q5_0'],
  ['attn_output', WIDTH, WIDTH, 2, 'q5_k', 'q5_1'],
  ['ffn_gate', WIDTH, INNER, 1, 'q4_k', 'iq4_nl'],
  ['ffn_up', WIDTH, INNER, 1, 'q4_k', 'iq4_xs'],
  ['ffn_down', INNER, WIDTH, 2, 'q6_k', 'bf16'],
];

/**
 * A Llama of 2 layers, width 256, whose matrices are in many formats, as files on model hubs are. Without a format for an
 * output matrix that is the embedding.
 */
export function mixedGguf(embedding: WeightFormat, output?: WeightFormat): GgufWriterInput {
  const { metadata } = tinyGguf({
    'llama.embedding_length': { type: 'uint32', value: WIDTH },
    'llama.feed_forward_length': { type: 'uint32', value: INNER },
    'llama.attention.head_count': { type: 'uint32', value: 4 },
    'llama.attention.head_count_kv': { type: 'uint32', value: 2 },
  });
  const tokens = metadata['tokenizer.ggml.tokens']?.value as readonly string[];
  const tensors = [gain('output_norm'), matrix('token_embd', WIDTH, tokens.length, 1, embedding)];
  if (output !== undefined) tensors.push(matrix('output', WIDTH, tokens.length, 0.5, output));
  for (const layer of [0, 1]) {
    tensors.push(gain(`blk.${layer}.attn_norm`), gain(`blk.${layer}.ffn_norm`));
    for (const [name, columns, rows, strength, ...formats] of matrices)
      tensors.push(
        matrix(
          `blk.${layer}.${name}`,
          columns,
          rows,
          strength / Math.sqrt(columns),
          formats[layer] as WeightFormat,
        ),
      );
  }
  return { metadata, tensors };
}

function matrix(
  name: string,
  columns: number,
  rows: number,
  deviation: number,
  format: WeightFormat,
): GgufWriterTensor {
  const seed = seedOf(name);
  const bytes = isBlockFormat(format)
    ? randomBlocks(format, columns * rows, seed, deviation)
    : storeAs(normalNumbers(seed, columns * rows, deviation), format satisfies NumberFormat);
  return { name: `${name}.weight`, shape: [columns, rows], type: typeNumbers[format], bytes };
}

function gain(name: string): GgufWriterTensor {
  const values = normalNumbers(seedOf(name), WIDTH, 0.1).map((value) => 1 + value);
  return { name: `${name}.weight`, shape: [WIDTH], type: typeNumbers.f32, bytes: storeAs(values, 'f32') };
}

function seedOf(name: string): number {
  return [...name].reduce((seed, character) => Math.imul(seed, 31) + (character.codePointAt(0) ?? 0), 7);
}
