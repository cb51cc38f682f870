/**
 * Weights as the integer kernels take them: one scale per output, inputs along the first axis.
 * weight(row, column) = quants[column x rows + row] x scales[row].
 */
export interface Int8Weights {
  readonly kind: 'int8';
  readonly rows: number;
  readonly columns: number;
  /** [columns, rows], -127..127 */
  readonly quants: Int8Array;
  /** [rows] */
  readonly scales: Float32Array;
}

/**
 * Most inputs of a matrix: products are at most 255 x 127, and longer sums could leave 32 bits. Sums with weights stored
 * as uint8 may, and come back when their zero points are subtracted, in the same 32 bits.
 */
export const LONGEST_INT8_ROW = Math.floor((2 ** 31 - 1) / (255 * 127));

/** Rows that are transposed together, so that whole cache lines are written. */
const TILE = 64;

/** Int8 weights that are filled row by row, in order, so that large matrices are never there as floats. */
export class Int8WeightsWriter {
  readonly weights: Int8Weights;
  private filled = 0;

  constructor(rows: number, columns: number) {
    const quants = new Int8Array(rows * columns);
    this.weights = { kind: 'int8', rows, columns, quants, scales: new Float32Array(rows) };
  }

  /** Takes the next rows: nearest quants with the scale largest size / 127 of each. */
  add(values: Float32Array): void {
    const { rows, columns, quants, scales } = this.weights;
    const tile = new Int8Array(TILE * columns);
    for (let at = 0; at < values.length; at += TILE * columns) {
      const part = values.subarray(at, at + TILE * columns);
      const count = part.length / columns;
      for (let row = 0; row < count; row++)
        scales[this.filled + row] = quantiseRow(part, row * columns, columns, tile);
      for (let column = 0; column < columns; column++) {
        const to = column * rows + this.filled;
        for (let row = 0; row < count; row++) quants[to + row] = tile[row * columns + column] as number;
      }
      this.filled += count;
    }
  }
}

/** Returns the scale. */
function quantiseRow(values: Float32Array, start: number, count: number, quants: Int8Array): number {
  let size = 0;
  for (let i = start; i < start + count; i++) size = Math.max(size, Math.abs(values[i] as number));
  const scale = Math.fround(size / 127);
  const inverse = scale === 0 ? 0 : 1 / scale;
  // Rounded by way of integers: faster than Math.round.
  for (let i = start; i < start + count; i++)
    quants[i] = (((values[i] as number) * inverse + 128.5) | 0) - 128;
  return scale;
}
