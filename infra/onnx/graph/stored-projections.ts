import { ATTENTION_BIASES, type LayerMatrix, type LayerNorm } from '../../../src/core/checkpoint.js';
import type { BlockChoice } from './build-options.js';
import type { CheckedCheckpoint, NamedMatrix } from './checked-checkpoint.js';
import type { GraphWriter } from './graph-writer.js';
import {
  asGatherable,
  gatherRows,
  linear,
  packedLinear,
  type StoredWeights,
  storeWeights,
} from './linear.js';
import type { Projections } from './projections.js';
import { halves, silu } from './silu.js';
import { concatFloats, toWeights, type Weights } from './weights.js';

/** Weights as the checkpoint stores them, or rounded to blocks of 32 along their rows. */
export class StoredProjections implements Projections {
  readonly secondTokenIsFree = false;
  private readonly table: StoredWeights;
  private readonly head: StoredWeights;

  constructor(
    private readonly graph: GraphWriter,
    private readonly checkpoint: CheckedCheckpoint,
    private readonly choice: BlockChoice,
  ) {
    // The table whose rows are looked up, and the matrix of the output projection: one and the same where possible.
    const embedding = this.tableWeights(checkpoint.embedding());
    const gatherable = asGatherable(embedding);
    this.table = storeWeights(graph, gatherable, 'embedding');
    if (!checkpoint.config.tiedEmbeddings)
      this.head = storeWeights(graph, this.tableWeights(checkpoint.output()), 'output');
    else this.head = gatherable === embedding ? this.table : storeWeights(graph, embedding, 'output');
  }

  embed(ids: string): string {
    return gatherRows(this.graph, ids, this.table);
  }

  gain(layer: number, which: LayerNorm): Float32Array {
    return this.checkpoint.vector(layer, which);
  }

  finalGain(): Float32Array {
    return this.checkpoint.finalNorm();
  }

  attentionInput(layer: number, x: string): string {
    return this.project(layer, ['q', 'k', 'v'], x);
  }

  attentionBiases(layer: number): Float32Array {
    const { checkpoint } = this;
    return concatFloats(ATTENTION_BIASES.map((which) => checkpoint.vector(layer, which)));
  }

  attentionOutput(layer: number, x: string): string {
    return this.project(layer, ['o'], x);
  }

  feedForward(layer: number, x: string): string {
    const { graph } = this;
    const [gate, up] = halves(graph, this.project(layer, ['gate', 'up'], x));
    return this.project(layer, ['down'], graph.node('Mul', [silu(graph, gate), up]));
  }

  logits(hidden: string): string {
    return linear(this.graph, hidden, this.head);
  }

  /** Matrices that take the same input; outputs side by side. */
  private project(layer: number, which: readonly LayerMatrix[], x: string): string {
    const parts = which.map((each) => this.weights(this.checkpoint.matrix(layer, each), this.choice));
    return packedLinear(this.graph, x, parts, `layers.${layer}.${which.join('-')}`);
  }

  /** A matrix with a row per token. */
  private tableWeights(matrix: NamedMatrix): Weights {
    return this.weights(matrix, this.choice === 'q4' ? 'q8' : this.choice);
  }

  private weights(matrix: NamedMatrix, choice: BlockChoice): Weights {
    const weights = toWeights(matrix, choice);
    const decisive = weights.kind === 'float' ? [weights.values] : [weights.scales, weights.offsets];
    for (const values of decisive)
      if (values !== undefined) this.checkpoint.requireFinite(matrix.name, values);
    return weights;
  }
}
