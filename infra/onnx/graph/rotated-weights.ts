import { ATTENTION_BIASES, type LayerMatrix, type LayerNorm } from '../../../src/core/checkpoint.js';
import type { CheckedCheckpoint, NamedMatrix } from './checked-checkpoint.js';
import type { InnerRotation } from './inner-rotation.js';
import { type Int8Weights, Int8WeightsWriter } from './int8-weights.js';
import { Rotation } from './rotation.js';
import { concatFloats, type FloatWeights, rowPieces } from './weights.js';

/** The norm whose output a matrix reads; undefined: none. */
const NORM_BEFORE: Readonly<Record<LayerMatrix, LayerNorm | undefined>> = {
  q: 'attentionNorm',
  k: 'attentionNorm',
  v: 'attentionNorm',
  o: undefined,
  gate: 'feedForwardNorm',
  up: 'feedForwardNorm',
  down: undefined,
};

/**
 * A checkpoint's matrices between rotated vectors: the same function, made of vectors without outliers
 * (QuaRot, arXiv 2404.00456, section 4).
 * - The gains of the norms go into the matrices after them, for a norm without gains commutes with rotations.
 * - The residual stream x becomes x Q: W -> W Q for all that reads it, W -> Q^T W for all that writes it.
 * - Values become v R in each head, their biases too, undone in the output matrix of the attention.
 * - Queries and keys stay as they are: norms of heads and positions see their elements one by one.
 * - The feed-forward's inner vector is rotated by an operator of the graph, undone in its `down` matrix.
 */
export class RotatedWeights {
  private readonly stream: Rotation;
  private readonly valueHead: Rotation;

  constructor(
    private readonly checkpoint: CheckedCheckpoint,
    private readonly inner: InnerRotation,
  ) {
    this.stream = new Rotation(checkpoint.config.width, 2);
    this.valueHead = new Rotation(checkpoint.config.headSize, 3);
  }

  embedding(): FloatWeights {
    const matrix = this.checkpoint.embedding();
    return {
      kind: 'float',
      rows: matrix.rows,
      columns: matrix.columns,
      values: this.read(matrix, undefined),
    };
  }

  /** Another matrix than the embedding even where they are tied: the gain of the last norm is in it. */
  output(): Int8Weights {
    const matrix = this.checkpoint.output();
    const writer = new Int8WeightsWriter(matrix.rows, matrix.columns);
    for (const piece of this.reading(matrix, this.checkpoint.finalNorm())) writer.add(piece);
    return writer.weights;
  }

  /** Matrices of one layer that take the same input, row after row. */
  matrices(layer: number, which: readonly LayerMatrix[]): Int8Weights {
    const matrices = which.map((each) => ({ each, matrix: this.checkpoint.matrix(layer, each) }));
    const rows = matrices.reduce((sum, { matrix }) => sum + matrix.rows, 0);
    const writer = new Int8WeightsWriter(rows, matrices[0]?.matrix.columns ?? 0);
    for (const { each, matrix } of matrices) {
      const norm = NORM_BEFORE[each];
      const gain = norm && this.checkpoint.vector(layer, norm);
      if (each === 'v') writer.add(this.writingValues(matrix, gain));
      else if (gain === undefined) writer.add(this.writingStream(each, matrix));
      else for (const piece of this.reading(matrix, gain)) writer.add(piece);
    }
    return writer.weights;
  }

  /** Biases of queries, keys and values, side by side. */
  attentionBiases(layer: number): Float32Array {
    const biases = ATTENTION_BIASES.map((which) => {
      const bias = this.checkpoint.vector(layer, which).slice();
      if (which === 'vBias') this.valueHead.rotateRows(bias);
      return bias;
    });
    return concatFloats(biases);
  }

  private writingValues(matrix: NamedMatrix, gain: Float32Array | undefined): Float32Array {
    const values = this.read(matrix, gain);
    this.valueHead.rotateColumns(values, matrix.columns);
    return values;
  }

  private writingStream(which: LayerMatrix, matrix: NamedMatrix): Float32Array {
    const values = concatFloats([...this.pieces(matrix)]);
    if (which === 'o') this.valueHead.rotateRows(values);
    else this.inner.fold(values);
    this.stream.rotateColumns(values, matrix.columns);
    return values;
  }

  private read(matrix: NamedMatrix, gain: Float32Array | undefined): Float32Array {
    return concatFloats([...this.reading(matrix, gain)]);
  }

  /** A matrix that reads the residual stream, through a norm where there is a gain; in pieces of whole rows. */
  private *reading(matrix: NamedMatrix, gain: Float32Array | undefined): Generator<Float32Array> {
    for (const values of this.pieces(matrix)) {
      if (gain !== undefined) multiplyRows(values, gain);
      this.stream.rotateRows(values);
      yield values;
    }
  }

  private *pieces(matrix: NamedMatrix): Generator<Float32Array> {
    for (const values of rowPieces(matrix)) {
      this.checkpoint.requireFinite(matrix.name, values);
      yield values;
    }
  }
}

/** Each row by the gain, element by element, in place. */
function multiplyRows(values: Float32Array, gain: Float32Array): void {
  for (let at = 0; at < values.length; at += gain.length)
    for (let i = 0; i < gain.length; i++) values[at + i] = (values[at + i] as number) * (gain[i] as number);
}
