import type { StoredMatrix } from '../../../src/core/checkpoint.js';
import type { WeightChoice } from './build-options.js';
import { halfFloatTable } from './half-floats.js';
import { BLOCK, type BlockWeights, blocksFromStored, dequantise, quantiseQ8 } from './weight-blocks.js';

/** Rows (outputs) x columns (inputs), row by row. */
export interface FloatWeights {
  readonly kind: 'float';
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export type Weights = FloatWeights | BlockWeights;

/** The form in which a stored matrix goes into the graph (see WeightChoice). */
export function toWeights(matrix: StoredMatrix, choice: WeightChoice): Weights {
  const { rows, columns } = matrix;
  if (matrix.format === 'q8_0' || matrix.format === 'q4_0' || matrix.format === 'q4_1') {
    const blocks = blocksFromStored(matrix, matrix.format);
    return choice === 'f32' ? { kind: 'float', rows, columns, values: dequantise(blocks) } : blocks;
  }
  const values = floats(matrix);
  if (choice === 'q8' && columns % BLOCK === 0) return quantiseQ8(values, rows, columns);
  return { kind: 'float', rows, columns, values };
}

function floats({ bytes, format, rows, columns }: StoredMatrix): Float32Array {
  const count = rows * columns;
  if (format === 'f32') {
    if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
    return new Float32Array(bytes.slice().buffer, 0, count);
  }
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
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
  return a.bits === b.bits && (a.offsets === undefined) === (b.offsets === undefined);
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

function concatFloats(parts: readonly Float32Array[]): Float32Array {
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
