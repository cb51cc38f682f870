import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallestPiece } from '../../infra/onnx/graph/blocks/block-formats.js';
import { floatsOf } from '../../infra/onnx/graph/weights.js';
import {
  type DecoderCheckpoint,
  type LayerMatrix,
  type LayerVector,
  layerVectors,
  type NumberFormat,
  type StoredMatrix,
} from '../../src/core/checkpoint.js';
import { type SafetensorsWriterTensor, writeSafetensors } from './safetensors-writer.js';
import { type TinyModelOptions, tinyCheckpoint, writeTinyConfig } from './tiny-model.js';
import { type StorableFormat, storeAs } from './tiny-quantise.js';
import { writeTinyTokenizer } from './tiny-tokenizer.js';

export interface TinySafetensorsOptions extends TinyModelOptions {
  /** Of matrices; with blocks gains are f32. */
  readonly format?: StorableFormat;
  /** Files; with more than one there is an index. Default 1. */
  readonly shards?: number;
}

const matrixNames: Record<LayerMatrix, string> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};

const vectorNames: Record<LayerVector, string> = {
  attentionNorm: 'input_layernorm.weight',
  feedForwardNorm: 'post_attention_layernorm.weight',
  queryNorm: 'self_attn.q_norm.weight',
  keyNorm: 'self_attn.k_norm.weight',
  qBias: 'self_attn.q_proj.bias',
  kBias: 'self_attn.k_proj.bias',
  vBias: 'self_attn.v_proj.bias',
};

/**
 * Writes a folder as Hugging Face has it: config.json, weights in safetensors and a byte-level tokenizer. Returns the
 * weights as they were written, gains rounded as matrices are.
 */
export function writeTinySafetensors(
  directory: string,
  options: TinySafetensorsOptions = {},
): DecoderCheckpoint {
  const format = options.format ?? 'f32';
  const checkpoint = tinyCheckpoint(options);
  mkdirSync(directory, { recursive: true });
  writeTinyConfig(directory, checkpoint.config);
  writeTinyTokenizer(directory, checkpoint.config.vocabularySize);
  const tensors = tinyTensors(checkpoint, format);
  const shards = options.shards ?? 1;
  if (shards === 1) writeFileSync(join(directory, 'model.safetensors'), writeSafetensors(tensors));
  else writeShards(directory, tensors, shards);
  const rounded = (gain: Float32Array) =>
    floatsOf({
      format: gainFormat(format),
      rows: 1,
      columns: gain.length,
      bytes: storeAs(gain, gainFormat(format)),
    });
  return {
    ...checkpoint,
    vector: (layer, which) => rounded(checkpoint.vector(layer, which)),
    finalNorm: () => rounded(checkpoint.finalNorm()),
  };
}

export function tinyTensors(
  checkpoint: DecoderCheckpoint,
  format: StorableFormat,
): SafetensorsWriterTensor[] {
  const { config } = checkpoint;
  const piece = smallestPiece(format);
  const matrix = (name: string, { rows, columns, bytes }: StoredMatrix): SafetensorsWriterTensor => ({
    name: `${name}.weight`,
    bytes,
    ...(isFloat(format)
      ? { dtype: format.toUpperCase(), shape: [rows, columns] }
      : { dtype: 'U8', shape: [rows, columns / piece.weights, piece.bytes] }),
  });
  const vector = (name: string, values: Float32Array): SafetensorsWriterTensor => ({
    name,
    dtype: gainFormat(format).toUpperCase(),
    shape: [values.length],
    bytes: storeAs(values, gainFormat(format)),
  });
  const tensors = [matrix('model.embed_tokens', checkpoint.embedding())];
  if (!config.tiedEmbeddings) tensors.push(matrix('lm_head', checkpoint.output()));
  for (let layer = 0; layer < config.layers; layer++) {
    const at = (name: string) => `model.layers.${layer}.${name}`;
    for (const [which, name] of Object.entries(matrixNames))
      tensors.push(matrix(at(name), checkpoint.matrix(layer, which as LayerMatrix)));
    for (const which of layerVectors(config).keys())
      tensors.push(vector(at(vectorNames[which]), checkpoint.vector(layer, which)));
  }
  tensors.push(vector('model.norm.weight', checkpoint.finalNorm()));
  return tensors;
}

function isFloat(format: StorableFormat): format is NumberFormat {
  return format === 'f32' || format === 'f16' || format === 'bf16';
}

function gainFormat(format: StorableFormat): NumberFormat {
  return isFloat(format) ? format : 'f32';
}

function writeShards(directory: string, tensors: readonly SafetensorsWriterTensor[], shards: number): void {
  const files = Array.from({ length: shards }, (_, i) => {
    const name = `model-0000${i + 1}-of-0000${shards}.safetensors`;
    return { name, tensors: tensors.filter((_, at) => at % shards === i) };
  });
  const weightMap: Record<string, string> = {};
  for (const file of files) {
    writeFileSync(join(directory, file.name), writeSafetensors(file.tensors));
    for (const { name } of file.tensors) weightMap[name] = file.name;
  }
  writeFileSync(
    join(directory, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 0 }, weight_map: weightMap }),
  );
}
