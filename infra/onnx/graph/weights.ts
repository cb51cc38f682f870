import type { StoredMatrix } from '../../../src/core/checkpoint.js';
import { isBlockFormat } from './blocks/block-formats.js';
import type { BlockChoice } from './build-options.js';
import { halfFloatTable } from './half-floats.js';
import { BLOCK, emptyBlocks, quantiseBlocks } from './quantise-blocks.js';
import { type BlockWeights, blocksFromStored, dequantise } from './weight-blocks.js';

/** Floats are rounded in pieces of this many, so that a large matrix is never there as floats: 1 MiB. */
const PIECE = 2 ** 18;

/** Rows (outputs) x columns (inputs), row by row. */
export interface FloatWeights {
  readonly kind: 'float';
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export type Weights = FloatWeights | BlockWeights;

/** The form in which a stored matrix goes into the graph (see BlockChoice). */
export function toWeights(matrix: StoredMatrix, choice: BlockChoice): Weights {
  const { rows, columns, format } = matrix;
  if (isBlockFormat(format)) {
    if (choice !== 'f32') return blocksFromStored(matrix, format);
    return { kind: 'float', rows, columns, values: dequantise(matrix, format) };
  }
  if ((choice === 'q8' || choice === 'q4') && columns % BLOCK === 0)
    return quantise(matrix, choice === 'q8' ? 8 : 4);
  return { kind: 'float', rows, columns, values: floatsOf(matrix) };
}

/** All weights of a matrix of floats; may share memory with it. */
export function floatsOf(matrix: StoredMatrix): Float32Array {
  return floats(matrix, 0, matrix.rows * matrix.columns);
}

/** All weights of any matrix as floats of the caller's own, in pieces of whole rows. */
export function* rowPieces(matrix: StoredMatrix): Generator<Float32Array> {
  const { rows, columns, bytes, format } = matrix;
  const most = Math.max(1, Math.floor(PIECE / columns));
  for (let row = 0; row < rows; row += most) {
    const count = Math.min(most, rows - row);
    const start = (bytes.length / rows) * row;
    const part = bytes.slice(start, start + (bytes.length / rows) * count);
    const weights = toWeights({ format, rows: count, columns, bytes: part }, 'f32');
    if (weights.kind === 'float') yield weights.values;
  }
}

/** The floats themselves where rows are not multiples of 32 long. */
export function roundToBlocks(weights: FloatWeights, bits: 4 | 8): Weights {
  const { rows, columns, values } = weights;
  if (columns % BLOCK !== 0) return weights;
  const blocks = emptyBlocks(bits, rows, columns);
  quantiseBlocks(values, blocks, 0);
  return blocks;
}

function quantise(matrix: StoredMatrix, bits: 4 | 8): BlockWeights {
  const blocks = emptyBlocks(bits, matrix.rows, matrix.columns);
  const count = matrix.rows * matrix.columns;
  for (let start = 0; start < count; start += PIECE)
    quantiseBlocks(floats(matrix, start, Math.min(PIECE, count - start)), blocks, start);
  return blocks;
}

/** `count` weights of a matrix of floats, from its element `start` on. */
function floats({ bytes, format }: StoredMatrix, start: number, count: number): Float32Array {
  const size = format === 'f32' ? 4 : 2;
  let part = bytes.subarray(start * size, (start + count) * size);
  if (part.byteOffset % size !== 0) part = part.slice();
  if (format === 'f32') return new Float32Array(part.buffer, part.byteOffset, count);
  const halves = new Uint16Array(part.buffer, part.byteOffset, count);
  const values = new Float32Array(count);
  if (format === 'bf16') {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < count; i++) bits[i] = (halves[i] as number) << 16;
  } else {
    const table = halfFloatTable();
    for (let i = 0; i < count; i++) values[i] = table[halves[i] as number] as number;
  }
  return values;
}

/** Whether two weights can be packed into one operator: the same kind of weights and as many columns. */
export function canPack(a: Weights, b: Weights): boolean {
  if (a.columns !== b.columns) return false;
  if (a.kind === 'float' || b.kind === 'float') return a.kind === b.kind;
  return a.bits === b.bits && a.block === b.block && (a.offsets === undefined) === (b.offsets === undefined);
}

/** One matrix with the rows of all, in order. Each pair must satisfy `canPack`. */
export function packRows(parts: readonly Weights[]): Weights {
  const [first] = parts;
  if (first === undefined) throw new RangeError('nothing to pack');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (first.kind === 'float') {
    return {
      ...first,
      rows,
      values: concatFloats(parts.flatMap((p) => (p.kind === 'float' ? p.values : []))),
    };
  }
  const blocks = parts.flatMap((part) => (part.kind === 'blocks' ? part : []));
  return {
    ...first,
    rows,
    quants: concatBytes(blocks.map((part) => part.quants)),
    scales: concatFloats(blocks.map((part) => part.scales)),
    offsets: first.offsets && concatFloats(blocks.flatMap((part) => part.offsets ?? [])),
  };
}

export function concatFloats(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
