import type { HeadNorm } from '../../../src/core/checkpoint.js';
import type { CheckedCheckpoint } from './checked-checkpoint.js';
import { norm } from './decoder-graph.js';
import type { GraphWriter } from './graph-writer.js';
import type { Projections } from './projections.js';
import { concatFloats } from './weights.js';

/**
 * x [1, n, width] -> queries, keys and values of all heads side by side, [1, n, (heads + 2 kv heads) x head size], as
 * attention takes them: with biases, and with queries and keys normed head by head, where the model does so.
 */
export function queriesKeysValues(
  graph: GraphWriter,
  checkpoint: CheckedCheckpoint,
  weights: Projections,
  layer: number,
  x: string,
): string {
  const { attentionBiases, headNorms } = checkpoint.config;
  let qkv = weights.attentionInput(layer, x);
  if (attentionBiases) {
    const biases = weights.attentionBiases(layer);
    qkv = graph.node('Add', [qkv, graph.tensor('float', [biases.length], biases, `layers.${layer}.biases`)]);
  }
  return headNorms ? normHeads(graph, checkpoint, layer, qkv) : qkv;
}

/**
 * Queries and keys are normed as one table with a row for each head: one operator instead of two. So the norm has no
 * gains, and each row is multiplied by its own afterwards.
 */
function normHeads(graph: GraphWriter, checkpoint: CheckedCheckpoint, layer: number, qkv: string): string {
  const { config } = checkpoint;
  const { heads, kvHeads, headSize } = config;
  const normed = heads + kvHeads;
  const [queriesAndKeys, values] = [graph.newName('queries-keys'), graph.newName('values')];
  const sizes = graph.int64(normed * headSize, kvHeads * headSize);
  graph.node('Split', [qkv, sizes], { outputs: [queriesAndKeys, values], attributes: { axis: -1 } });
  const table = graph.node('Reshape', [queriesAndKeys, graph.int64(0, 0, normed, headSize)]);
  const gains = (which: HeadNorm, rows: number) =>
    new Array<Float32Array>(rows).fill(checkpoint.vector(layer, which));
  const allGains = concatFloats([...gains('queryNorm', heads), ...gains('keyNorm', kvHeads)]);
  const unit = norm(graph, table, new Float32Array(headSize).fill(1), config);
  const scaled = graph.node('Mul', [
    unit,
    graph.tensor('float', [normed, headSize], allGains, `layers.${layer}.head-gains`),
  ]);
  const flat = graph.node('Reshape', [scaled, graph.int64(0, 0, normed * headSize)]);
  return graph.node('Concat', [flat, values], { attributes: { axis: -1 } });
}
