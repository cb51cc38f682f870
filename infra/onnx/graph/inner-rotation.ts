import type { GraphWriter } from './graph-writer.js';
import { Rotation } from './rotation.js';

/** Columns of the table as which a vector is rotated, at most. */
const MOST_COLUMNS = 64;

/**
 * A rotation that cannot be folded into the matrix before it, since a nonlinearity lies between: an operator of the
 * graph. The vector is taken as a table, whose columns and then rows are rotated: two small products instead of one
 * by a square matrix of the vector's whole length.
 */
export class InnerRotation {
  private readonly alongRows: Rotation;
  private readonly alongColumns: Rotation;
  /** [columns, columns] and [rows, rows] */
  private readonly right: string;
  private readonly left: string;

  constructor(
    private readonly graph: GraphWriter,
    private readonly width: number,
    seed: number,
  ) {
    let columns = 1;
    while (columns < MOST_COLUMNS && width % (2 * columns) === 0) columns *= 2;
    const rows = width / columns;
    this.alongRows = new Rotation(columns, seed);
    this.alongColumns = new Rotation(rows, seed + 1);
    this.right = graph.tensor('float', [columns, columns], this.alongRows.matrix(), 'inner.right');
    this.left = graph.tensor(
      'float',
      [rows, rows],
      transposed(this.alongColumns.matrix(), rows),
      'inner.left',
    );
  }

  /** x [1, n, width] -> x Q, as an operator. */
  rotate(x: string): string {
    const { graph } = this;
    const tables = graph.node('Reshape', [x, graph.int64(0, 0, -1, this.alongRows.width)]);
    const rotated = graph.node('MatMul', [this.left, graph.node('MatMul', [tables, this.right])]);
    return graph.node('Reshape', [rotated, graph.int64(0, 0, this.width)]);
  }

  /** W -> W Q for a matrix that takes the rotated vector: [rows, width], in place. */
  fold(values: Float32Array): void {
    this.alongRows.rotateRows(values);
    this.alongColumns.rotateColumns(values, this.alongRows.width);
  }
}

function transposed(matrix: Float32Array, size: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % size) * size + Math.floor(i / size)] as number);
}
