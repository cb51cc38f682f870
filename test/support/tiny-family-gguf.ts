import {
  type DecoderCheckpoint,
  type LayerMatrix,
  type LayerVector,
  layerVectors,
  type StoredMatrix,
} from '../../src/core/checkpoint.js';
import type { GgufWriterInput, GgufWriterTensor, GgufWriterValue } from './gguf-writer.js';
import { tinyGguf } from './tiny-gguf.js';

const F32 = 0;

const matrixNames: Record<LayerMatrix, string> = {
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  o: 'attn_output',
  gate: 'ffn_gate',
  up: 'ffn_up',
  down: 'ffn_down',
};
const vectorNames: Record<LayerVector, string> = {
  attentionNorm: 'attn_norm.weight',
  feedForwardNorm: 'ffn_norm.weight',
  queryNorm: 'attn_q_norm.weight',
  keyNorm: 'attn_k_norm.weight',
  qBias: 'attn_q.bias',
  kBias: 'attn_k.bias',
  vBias: 'attn_v.bias',
};

/**
 * The weights of a checkpoint of f32, in Hugging Face's order, as llama.cpp's conversion writes them: Llama's q and k
 * in pairs of rows that are rotated together, Qwen's as they are.
 */
export function tinyFamilyGguf(
  checkpoint: DecoderCheckpoint,
  architecture: 'llama' | 'qwen2' | 'qwen3',
  ropeFactors?: readonly number[],
): GgufWriterInput {
  const { config } = checkpoint;
  const tensors = [matrixTensor('token_embd.weight', checkpoint.embedding())];
  if (!config.tiedEmbeddings) tensors.push(matrixTensor('output.weight', checkpoint.output()));
  tensors.push(vectorTensor('output_norm.weight', checkpoint.finalNorm()));
  if (ropeFactors !== undefined)
    tensors.push(vectorTensor('rope_freqs.weight', Float32Array.from(ropeFactors)));
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [which, name] of Object.entries(matrixNames)) {
      const matrix = checkpoint.matrix(layer, which as LayerMatrix);
      const paired = architecture === 'llama' && (which === 'q' || which === 'k');
      tensors.push(
        matrixTensor(`blk.${layer}.${name}.weight`, paired ? inPairs(matrix, config.headSize) : matrix),
      );
    }
    for (const which of layerVectors(config).keys())
      tensors.push(vectorTensor(`blk.${layer}.${vectorNames[which]}`, checkpoint.vector(layer, which)));
  }
  return { metadata: metadata(checkpoint, architecture), tensors };
}

function metadata(
  { config }: DecoderCheckpoint,
  architecture: string,
): Readonly<Record<string, GgufWriterValue>> {
  const uint = (value: number) => ({ type: 'uint32', value }) as const;
  const float = (value: number) => ({ type: 'float32', value }) as const;
  const own = {
    block_count: uint(config.layers),
    context_length: uint(config.contextTokens),
    embedding_length: uint(config.width),
    feed_forward_length: uint(config.feedForwardWidth),
    'attention.head_count': uint(config.heads),
    'attention.head_count_kv': uint(config.kvHeads),
    'attention.key_length': uint(config.headSize),
    'attention.value_length': uint(config.headSize),
    'attention.layer_norm_rms_epsilon': float(config.rmsEpsilon),
    'rope.freq_base': float(config.ropeBase),
  };
  const tokenizer = Object.entries(tinyGguf().metadata).filter(([key]) => key.startsWith('tokenizer.'));
  const tokens = Array.from({ length: config.vocabularySize }, (_, id) => {
    const given = tinyGguf().metadata['tokenizer.ggml.tokens'];
    return (given?.type === 'strings' ? given.value[id] : undefined) ?? `<|unused_${id}|>`;
  });
  return {
    'general.architecture': { type: 'string', value: architecture },
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    ...Object.fromEntries(tokenizer),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': {
      type: 'int32s',
      value: tokens.map((token) => (token.startsWith('<|') ? 3 : 1)),
    },
  };
}

function matrixTensor(name: string, { rows, columns, bytes }: StoredMatrix): GgufWriterTensor {
  return { name, shape: [columns, rows], type: F32, bytes };
}

function vectorTensor(name: string, values: Float32Array): GgufWriterTensor {
  return { name, shape: [values.length], type: F32, bytes: new Uint8Array(values.slice().buffer) };
}

/** Rows i and i + headSize / 2 of a head become its rows 2 i and 2 i + 1. */
function inPairs(matrix: StoredMatrix, headSize: number): StoredMatrix {
  const rowBytes = matrix.columns * 4;
  const bytes = new Uint8Array(matrix.bytes.length);
  for (let row = 0; row < matrix.rows; row++) {
    const inHead = row % headSize;
    const half = headSize / 2;
    const to = row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
    bytes.set(matrix.bytes.subarray(row * rowBytes, (row + 1) * rowBytes), to * rowBytes);
  }
  return { ...matrix, bytes };
}
