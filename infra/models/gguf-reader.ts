import { closeSync, openSync } from 'node:fs';
import {
  type DecoderCheckpoint,
  type DecoderConfig,
  type LayerMatrix,
  type LayerVector,
  layerShapes,
  layerVectors,
  type StoredMatrix,
} from '../../src/core/checkpoint.js';
import { ModelFormatError, ModelNotFoundError, systemReason } from '../../src/core/errors.js';
import { smallestPiece } from '../onnx/graph/blocks/block-formats.js';
import { readDecoderConfig } from './gguf-config.js';
import { type GgufHeader, type GgufTensorInfo, type GgufValue, readGgufHeader } from './gguf-header.js';
import { supportedQuantisations, tensorFormat, tensorTypeName } from './gguf-quantisation.js';
import { ROPE_FACTORS, withRopeFactors } from './gguf-rope-factors.js';
import { readExactly } from './read-exactly.js';

/** An open GGUF file: its weights are read from the disk when asked for, until `close`. */
export interface GgufFile {
  readonly path: string;
  readonly config: DecoderConfig;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** `sourceHash`: SHA-256 of the file in hexadecimal digits. */
  checkpoint(sourceHash: string): DecoderCheckpoint;
  close(): void;
}

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
 * Opens a GGUF file of a decoder and checks all of its header: every tensor that the configuration
 * asks for is there, in a supported format, with the right shape, inside the file; and no other tensor is.
 * Throws ModelNotFoundError or ModelFormatError, naming file and field.
 */
export function openGguf(path: string): GgufFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new ModelNotFoundError(path, systemReason(error));
  }
  try {
    const header = readGgufHeader(descriptor, path);
    const plain = readDecoderConfig(header, path);
    checkTensors(header, plain, path);
    const config = withRopeFactors(plain, header, descriptor, path);
    let open = true;
    return {
      path,
      config,
      metadata: header.metadata,
      checkpoint: (sourceHash) => createCheckpoint(descriptor, path, header, config, sourceHash),
      close: () => {
        if (open) closeSync(descriptor);
        open = false;
      },
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Name -> shape (innermost first) of every tensor that a model of this configuration has. */
function expectedTensors(config: DecoderConfig): Map<string, readonly number[]> {
  const { width, vocabularySize } = config;
  const shapes = layerShapes(config);
  const expected = new Map<string, readonly number[]>([
    ['token_embd.weight', [width, vocabularySize]],
    ['output_norm.weight', [width]],
  ]);
  if (!config.tiedEmbeddings) expected.set('output.weight', [width, vocabularySize]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const which of Object.keys(shapes) as LayerMatrix[])
      expected.set(`blk.${layer}.${matrixNames[which]}.weight`, shapes[which].toReversed());
    for (const [which, length] of layerVectors(config))
      expected.set(`blk.${layer}.${vectorNames[which]}`, [length]);
  }
  return expected;
}

function checkTensors(header: GgufHeader, config: DecoderConfig, path: string): void {
  const expected = expectedTensors(config);
  if (header.tensors.has(ROPE_FACTORS)) expected.set(ROPE_FACTORS, [config.headSize / 2]);
  for (const name of expected.keys()) {
    if (!header.tensors.has(name))
      throw new ModelFormatError(path, `tensor ${JSON.stringify(name)} is missing`);
  }
  for (const info of header.tensors.values()) {
    const problem = tensorProblem(info, expected.get(info.name), header.fileBytes);
    if (problem !== undefined)
      throw new ModelFormatError(path, `tensor ${JSON.stringify(info.name)}: ${problem}`);
  }
}

function tensorProblem(
  info: GgufTensorInfo,
  shape: readonly number[] | undefined,
  fileBytes: number,
): string | undefined {
  if (shape === undefined) return 'is not part of a decoder of this architecture';
  if (info.shape.length !== shape.length || info.shape.some((size, i) => size !== shape[i]))
    return `shape ${info.shape.join(' x ')}, but must be ${shape.join(' x ')}`;
  const format = tensorFormat(info.type);
  const isVector = shape.length === 1;
  if (format === undefined || (isVector && format !== 'f32')) {
    const allowed = isVector ? 'F32' : supportedQuantisations;
    return `quantisation ${tensorTypeName(info.type)} is not supported: must be ${allowed}`;
  }
  const { weights } = smallestPiece(format);
  if ((shape[0] ?? 0) % weights !== 0)
    return `rows of ${shape[0]} are not whole blocks of ${tensorTypeName(info.type)}: must be a multiple of ${weights}`;
  const end = info.offset + tensorBytes(info);
  return end > fileBytes ? `ends at byte ${end}, but the file at ${fileBytes}` : undefined;
}

/** Bytes of a tensor whose type was checked. */
function tensorBytes(info: GgufTensorInfo): number {
  const format = tensorFormat(info.type);
  if (format === undefined) return Number.POSITIVE_INFINITY;
  const elements = info.shape.reduce((product, size) => product * size, 1);
  const { weights, bytes } = smallestPiece(format);
  return (elements / weights) * bytes;
}

function createCheckpoint(
  descriptor: number,
  path: string,
  header: GgufHeader,
  config: DecoderConfig,
  sourceHash: string,
): DecoderCheckpoint {
  const read = (name: string): { info: GgufTensorInfo; bytes: Buffer<ArrayBuffer> } => {
    const what = `tensor ${JSON.stringify(name)}`;
    const info = header.tensors.get(name);
    if (info === undefined) throw new ModelFormatError(path, `${what} is missing`);
    return { info, bytes: readExactly(descriptor, path, what, info.offset, tensorBytes(info)) };
  };
  const matrix = (name: string): StoredMatrix => {
    const { info, bytes } = read(name);
    const [columns = 0, rows = 0] = info.shape;
    const format = tensorFormat(info.type) ?? 'f32';
    return { format, rows, columns, bytes };
  };
  const vector = (name: string): Float32Array => {
    const { bytes } = read(name);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  };
  return {
    config,
    sourceHash,
    embedding: () => matrix('token_embd.weight'),
    output: () => matrix('output.weight'),
    matrix: (layer, which) => matrix(`blk.${layer}.${matrixNames[which]}.weight`),
    vector: (layer, which) => vector(`blk.${layer}.${vectorNames[which]}`),
    finalNorm: () => vector('output_norm.weight'),
  };
}
