import {
  type BlockFormat,
  type DecoderCheckpoint,
  type DecoderConfig,
  type LayerMatrix,
  type LayerVector,
  layerShapes,
  layerVectors,
  type StoredMatrix,
  type WeightFormat,
} from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import { BLOCK_LAYOUTS } from '../onnx/graph/blocks/block-formats.js';
import { floatsOf } from '../onnx/graph/weights.js';
import type { PlacedTensor, SafetensorsFiles } from './safetensors-files.js';

const EMBEDDING = 'model.embed_tokens.weight';
const OUTPUT = 'lm_head.weight';
const FINAL_NORM = 'model.norm.weight';

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
const inLayer = (layer: number, name: string) => `model.layers.${layer}.${name}`;
const matrixName = (layer: number, which: LayerMatrix) => inLayer(layer, `${matrixNames[which]}.weight`);

const formats: ReadonlyMap<string, WeightFormat> = new Map([
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
]);

/** Inputs per block of the formats below. */
const BLOCK = 32;
/**
 * Matrices may also be bytes, rows x blocks of 32 inputs x bytes of a block: some of GGUF's blocks, told by their length.
 * models/train exports them.
 */
const blockFormats: ReadonlyMap<number, BlockFormat> = new Map(
  (['q4_0', 'q4_1', 'q8_0'] as const).map((format) => [BLOCK_LAYOUTS[format].bytes, format]),
);
const BLOCKS_DTYPE = 'U8';

/** Angles that older versions of transformers stored: they follow from the configuration. */
const DERIVED = /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/;

/**
 * A decoder's weights by role. Every tensor that the configuration asks for must be there in its shape, and no other,
 * for that might be part of the computation. Throws ModelFormatError, naming file and tensor.
 */
export function safetensorsCheckpoint(
  files: SafetensorsFiles,
  config: DecoderConfig,
  folder: string,
  sourceHash: string,
): DecoderCheckpoint {
  checkTensors(files, config, folder);
  const matrix = (name: string): StoredMatrix => {
    const tensor = files.tensors.get(name) as PlacedTensor;
    const [rows = 0, inputs = 0, blockBytes] = tensor.shape;
    const format = blockBytes === undefined ? formats.get(tensor.dtype) : blockFormats.get(blockBytes);
    const columns = blockBytes === undefined ? inputs : inputs * BLOCK;
    return { format: format as WeightFormat, rows, columns, bytes: files.read(tensor) };
  };
  const vector = (name: string): Float32Array => {
    const tensor = files.tensors.get(name) as PlacedTensor;
    const [columns = 0] = tensor.shape;
    const format = formats.get(tensor.dtype) as WeightFormat;
    return floatsOf({ format, rows: 1, columns, bytes: files.read(tensor) });
  };
  return {
    config,
    sourceHash,
    embedding: () => matrix(EMBEDDING),
    output: () => matrix(OUTPUT),
    matrix: (layer, which) => matrix(matrixName(layer, which)),
    vector: (layer, which) => vector(inLayer(layer, vectorNames[which])),
    finalNorm: () => vector(FINAL_NORM),
  };
}

/** Name -> shape, outermost first. */
function expectedTensors(config: DecoderConfig): Map<string, readonly number[]> {
  const { width, vocabularySize } = config;
  const expected = new Map<string, readonly number[]>([
    [EMBEDDING, [vocabularySize, width]],
    [FINAL_NORM, [width]],
  ]);
  if (!config.tiedEmbeddings) expected.set(OUTPUT, [vocabularySize, width]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [which, shape] of Object.entries(layerShapes(config)))
      expected.set(matrixName(layer, which as LayerMatrix), shape);
    for (const [which, length] of layerVectors(config))
      expected.set(inLayer(layer, vectorNames[which]), [length]);
  }
  return expected;
}

function checkTensors(files: SafetensorsFiles, config: DecoderConfig, folder: string): void {
  const expected = expectedTensors(config);
  for (const name of expected.keys())
    if (!files.tensors.has(name))
      throw new ModelFormatError(folder, `tensor ${JSON.stringify(name)} is missing`);
  for (const tensor of files.tensors.values()) {
    const problem = tensorProblem(tensor, expected.get(tensor.name), config);
    if (problem !== undefined)
      throw new ModelFormatError(tensor.path, `tensor ${JSON.stringify(tensor.name)}: ${problem}`);
  }
}

function tensorProblem(
  { name, dtype, shape }: PlacedTensor,
  expected: readonly number[] | undefined,
  config: DecoderConfig,
): string | undefined {
  if (expected === undefined) {
    // Tied, whatever a file says besides: so does transformers.
    if (DERIVED.test(name) || (name === OUTPUT && config.tiedEmbeddings)) return undefined;
    return 'is not part of a decoder with this config.json';
  }
  if (dtype === BLOCKS_DTYPE) return blocksProblem(shape, expected);
  if (!formats.has(dtype))
    return `dtype ${dtype} is not supported: must be ${[...formats.keys()].join(', ')}`;
  if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i]))
    return `shape is ${shape.join(' x ')}, but by config.json must be ${expected.join(' x ')}`;
  return undefined;
}

function blocksProblem(shape: readonly number[], expected: readonly number[]): string | undefined {
  const [rows, columns] = expected;
  if (columns === undefined) return `dtype ${BLOCKS_DTYPE} is for matrices only`;
  const isRight =
    shape.length === 3 &&
    shape[0] === rows &&
    (shape[1] as number) * BLOCK === columns &&
    blockFormats.has(shape[2] as number);
  if (isRight) return undefined;
  const allowed = [...blockFormats.keys()].join(' or ');
  return `shape is ${shape.join(' x ')}, but for blocks of ${BLOCK} must by config.json be ${rows} x ${columns / BLOCK} x ${allowed}`;
}
