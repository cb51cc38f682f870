import type { DecoderCheckpoint } from '../../../src/core/checkpoint.js';
import { queriesKeysValues } from './attention-input.js';
import type { DecoderBuildOptions, WeightChoice } from './build-options.js';
import { CheckedCheckpoint } from './checked-checkpoint.js';
import {
  type AttentionInputs,
  addAndNorm,
  attention,
  attentionInputs,
  norm,
  paddedPass,
} from './decoder-graph.js';
import { GraphWriter } from './graph-writer.js';
import type { Projections } from './projections.js';
import { RotatedProjections } from './rotated-projections.js';
import { StoredProjections } from './stored-projections.js';
import { twoLargest } from './two-largest.js';

/** Rises whenever the same checkpoint gives another graph: part of a model's fingerprint and of import caches' keys. */
export const GRAPH_BUILDER_VERSION = '6';
export const GRAPH_PRODUCER = 'slipstream';

const OPSET = 21;

/**
 * Writes the decoder as ONNX: the graph to `modelPath` and its weights beside it, to `<modelPath>.data`. Weights
 * are streamed, so memory stays at a few matrices. Existing files are replaced; on failure nothing is left.
 * Throws ModelFormatError when the checkpoint cannot be built.
 *
 * Inputs: `input_ids` [1, n], `attention_mask` [1, past + n], `logits_rows` [r >= 1] (indices into the n new
 * tokens after which logits are wanted), `past_key_values.i.key|value` [1, kv heads, capacity >= past, head size].
 * Outputs: `logits` [1, r, vocabulary]; `top_logits` and `top_ids` [1, r, 2], the two largest of each row and their
 * ids, the first of equal largest ones; `present` [2 x layers, kv heads, n, head size], the new rows alone: keys and values of
 * the first layer, of the second and so on. The caller keeps the past, so no buffer of the size of the context is
 * copied per pass, and one output is cheaper than one for each.
 */
export async function buildDecoderModel(
  checkpoint: DecoderCheckpoint,
  modelPath: string,
  options: DecoderBuildOptions = {},
): Promise<void> {
  const { config } = checkpoint;
  const checked = new CheckedCheckpoint(checkpoint, modelPath);
  const graph = new GraphWriter(modelPath);
  const progress = async (layersDone: number) => {
    options.onProgress?.(layersDone / (config.layers + 1));
    await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await progress(0);
    const ids = graph.input('input_ids', 'int64', [1, 'new']);
    graph.input('attention_mask', 'int64', [1, 'total']);
    const rows = graph.input('logits_rows', 'int64', ['rows']);
    const weights = projections(graph, checked, options.weights ?? 'stored');
    const { shared, tokens } = weights.secondTokenIsFree
      ? paddedPass(graph, config, ids)
      : { shared: attentionInputs(graph, config), tokens: ids };
    let stream: Stream = { residual: weights.embed(tokens), delta: undefined, newRows: [] };
    for (let layer = 0; layer < config.layers; layer++) {
      stream = decoderLayer(graph, checked, weights, shared, layer, stream);
      await progress(layer + 1);
    }
    const last =
      stream.delta === undefined ? stream.residual : graph.node('Add', [stream.delta, stream.residual]);
    const wanted = graph.node('Gather', [last, rows], { attributes: { axis: 1 } });
    const hidden = norm(graph, wanted, weights.finalGain(), config);
    graph.rename(weights.logits(hidden), 'logits');
    graph.output('logits', 'float', [1, 'rows', config.vocabularySize]);
    twoLargest(graph, 'logits', config.vocabularySize, ['top_logits', 'top_ids']);
    graph.output('top_logits', 'float', [1, 'rows', 2]);
    graph.output('top_ids', 'int64', [1, 'rows', 2]);
    graph.node('Concat', stream.newRows, { outputs: ['present'], attributes: { axis: 0 } });
    graph.output('present', 'float', [2 * config.layers, config.kvHeads, 'new', config.headSize]);
    graph.finish({ name: GRAPH_PRODUCER, version: GRAPH_BUILDER_VERSION }, OPSET);
  } catch (error) {
    graph.abandon();
    throw error;
  }
  options.onProgress?.(1);
}

/** The residual stream, what the layer before has yet to add to it, and the new keys and values of all layers so far. */
interface Stream {
  readonly residual: string;
  readonly delta: string | undefined;
  readonly newRows: readonly string[];
}

function projections(graph: GraphWriter, checkpoint: CheckedCheckpoint, choice: WeightChoice): Projections {
  switch (choice) {
    case 'rowwise':
      return new RotatedProjections(graph, checkpoint, 'int8');
    case 'rowwise-unsigned':
      return new RotatedProjections(graph, checkpoint, 'uint8');
    default:
      return new StoredProjections(graph, checkpoint, choice);
  }
}

function decoderLayer(
  graph: GraphWriter,
  checkpoint: CheckedCheckpoint,
  weights: Projections,
  shared: AttentionInputs,
  layer: number,
  { residual, delta, newRows }: Stream,
): Stream {
  const { config } = checkpoint;
  const gain = weights.gain(layer, 'attentionNorm');
  const before =
    delta === undefined
      ? { normed: norm(graph, residual, gain, config), residual }
      : addAndNorm(graph, delta, residual, gain, config);
  const qkv = queriesKeysValues(graph, checkpoint, weights, layer, before.normed);
  const { attended, newRows: ownRows } = attention(graph, config, layer, qkv, shared);
  const output = weights.attentionOutput(layer, attended);
  const middle = addAndNorm(graph, output, before.residual, weights.gain(layer, 'feedForwardNorm'), config);
  return {
    residual: middle.residual,
    delta: weights.feedForward(layer, middle.normed),
    newRows: [...newRows, ...ownRows],
  };
}
