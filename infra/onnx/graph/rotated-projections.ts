import { type LayerMatrix, layerShapes } from '../../../src/core/checkpoint.js';
import type { ByteType } from './build-options.js';
import type { CheckedCheckpoint } from './checked-checkpoint.js';
import type { GraphWriter } from './graph-writer.js';
import { InnerRotation } from './inner-rotation.js';
import {
  int8Linear,
  type QuantisedRows,
  quantiseAlike,
  quantiseRows,
  type StoredInt8Weights,
  storeInt8,
  zeroPoints,
} from './int8-linear.js';
import { LONGEST_INT8_ROW } from './int8-weights.js';
import { gatherRows, type StoredWeights, storeWeights } from './linear.js';
import type { Projections } from './projections.js';
import { RotatedWeights } from './rotated-weights.js';
import { silu } from './silu.js';
import { roundToBlocks } from './weights.js';

/**
 * Where the elements that a norm gives are cut off. Their root mean square is 1, and the rotation makes them normally
 * distributed, of which 1 in 4,600 is cut: cutting more loses more than the finer steps of the others win. So rows
 * need no scales of their own, which cost four operators each time.
 */
const LARGEST_NORMED = 3.7;

/**
 * Integer products of int8 rows and int8 columns: a pass over several tokens costs little more than over one, since
 * the kernels read each weight once. A whole row of activations has one scale, which works only where no element is
 * much larger than the others: hence the rotations.
 */
export class RotatedProjections implements Projections {
  readonly secondTokenIsFree = true;
  private readonly inner: InnerRotation;
  private readonly weights: RotatedWeights;
  private readonly table: StoredWeights;
  private readonly head: StoredInt8Weights;
  /** For the tokens of a pass; made with the first layer. */
  private zeros: string | undefined;

  constructor(
    private readonly graph: GraphWriter,
    private readonly checkpoint: CheckedCheckpoint,
    private readonly type: ByteType,
  ) {
    for (const [which, [, columns]] of Object.entries(layerShapes(checkpoint.config)))
      if (columns > LONGEST_INT8_ROW) {
        const problem = `rows of ${columns} are too long for sums in 32 bits: at most ${LONGEST_INT8_ROW}`;
        checkpoint.fail(which, problem);
      }
    this.inner = new InnerRotation(graph, checkpoint.config.feedForwardWidth, 4);
    this.weights = new RotatedWeights(checkpoint, this.inner);
    // Its rows are looked up, not multiplied: they can have a scale per block.
    this.table = storeWeights(graph, roundToBlocks(this.weights.embedding(), 8), 'embedding');
    this.head = storeInt8(graph, this.weights.output(), type, 'output');
  }

  embed(ids: string): string {
    return gatherRows(this.graph, ids, this.table);
  }

  /** The real gains are in the matrices. */
  gain(): Float32Array {
    return new Float32Array(this.checkpoint.config.width).fill(1);
  }

  finalGain(): Float32Array {
    return this.gain();
  }

  attentionInput(layer: number, x: string): string {
    return int8Linear(this.graph, this.quantiseNormed(x), this.store(layer, ['q', 'k', 'v']));
  }

  attentionBiases(layer: number): Float32Array {
    return this.weights.attentionBiases(layer);
  }

  attentionOutput(layer: number, x: string): string {
    return int8Linear(this.graph, this.quantise(x, 'o'), this.store(layer, ['o']));
  }

  feedForward(layer: number, x: string): string {
    const { graph } = this;
    const rows = this.quantiseNormed(x);
    const gate = int8Linear(graph, rows, this.store(layer, ['gate']));
    const up = int8Linear(graph, rows, this.store(layer, ['up']));
    const inner = this.inner.rotate(graph.node('Mul', [silu(graph, gate), up]));
    return int8Linear(graph, this.quantise(inner, 'down'), this.store(layer, ['down']));
  }

  logits(hidden: string): string {
    return int8Linear(this.graph, this.quantiseNormed(hidden), this.head);
  }

  private quantiseNormed(x: string): QuantisedRows {
    return quantiseAlike(this.graph, x, LARGEST_NORMED);
  }

  private quantise(x: string, which: LayerMatrix): QuantisedRows {
    this.zeros ??= zeroPoints(this.graph, x);
    const [, columns] = layerShapes(this.checkpoint.config)[which];
    return quantiseRows(this.graph, x, { columns, zeros: this.zeros });
  }

  private store(layer: number, which: readonly LayerMatrix[]): StoredInt8Weights {
    const weights = this.weights.matrices(layer, which);
    return storeInt8(this.graph, weights, this.type, `layers.${layer}.${which.join('-')}`);
  }
}
