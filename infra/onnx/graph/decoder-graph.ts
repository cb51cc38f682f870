import type { DecoderConfig } from '../../../src/core/checkpoint.js';
import { CONTRIB, type GraphWriter } from './graph-writer.js';

/** What every layer's attention needs besides its own tensors. */
export interface AttentionInputs {
  /** int64 [slots]: which new token each slot of the attention takes; undefined: there are as many slots as tokens. */
  readonly slotTokens: string | undefined;
  /** int64 [1]: past tokens; past and new tokens; new tokens. */
  readonly pastLength: string;
  readonly endLength: string;
  readonly newLength: string;
  /** int32 [1]: past tokens and slots, less one. */
  readonly lastSlot: string;
  /** int32 scalar: past tokens and slots. */
  readonly totalSlots: string;
  readonly cosines: string;
  readonly sines: string;
}

/**
 * The inputs that all layers share, from `input_ids` and `attention_mask`.
 *
 * Attention gets an even number of slots: with an odd number of new tokens the last one twice. Its kernel works in
 * blocks of an even number of rows (32 were seen) and takes another path, with other rounding, for a row that is
 * alone in its block: the bits of a token's result would depend on how many tokens share its pass.
 */
export function attentionInputs(
  graph: GraphWriter,
  config: DecoderConfig,
): AttentionInputs & { readonly slotTokens: string } {
  const [zero, one, two] = [graph.int64Scalar(0), graph.int64Scalar(1), graph.int64Scalar(2)];
  const axis0 = { attributes: { axis: 0 } };
  const lengthOf = (input: string) => graph.node('Gather', [graph.node('Shape', [input]), one], axis0);
  const vector = (scalar: string) => graph.node('Unsqueeze', [scalar, graph.int64(0)]);
  const toInt32 = (input: string) => graph.node('Cast', [input], { attributes: { to: 6 } });
  const fresh = lengthOf('input_ids');
  const end = lengthOf('attention_mask');
  const spare = graph.node('Mod', [fresh, two]);
  const slots = graph.node('Add', [fresh, spare]);
  const lastToken = graph.node('Sub', [fresh, one]);
  const valid = graph.node('ReduceSum', ['attention_mask', graph.int64(1)], { attributes: { keepdims: 0 } });
  return {
    slotTokens: graph.node('Min', [graph.node('Range', [zero, slots, one]), lastToken]),
    pastLength: vector(graph.node('Sub', [end, fresh])),
    endLength: vector(end),
    newLength: vector(fresh),
    lastSlot: toInt32(graph.node('Sub', [graph.node('Add', [valid, spare]), one])),
    totalSlots: toInt32(graph.node('Add', [end, spare])),
    ...rotaryTables(graph, config),
  };
}

/**
 * The same where the whole pass gets those slots, before its first layer: cheaper than two operators in each layer if
 * the rest of a layer hardly notices one more token.
 */
export function paddedPass(
  graph: GraphWriter,
  config: DecoderConfig,
  ids: string,
): { readonly shared: AttentionInputs; readonly tokens: string } {
  const { slotTokens, ...shared } = attentionInputs(graph, config);
  const tokens = graph.node('Gather', [ids, slotTokens], { attributes: { axis: 1 } });
  return { shared: { ...shared, slotTokens: undefined }, tokens };
}

/** cos and sin of position x frequency; one position more than the context, for the padding token. */
function rotaryTables(graph: GraphWriter, config: DecoderConfig): { cosines: string; sines: string } {
  const positions = config.contextTokens + 1;
  const half = config.headSize / 2;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const divisor = config.ropeDivisors?.[i] ?? 1;
    const frequency = config.ropeBase ** ((-2 * i) / config.headSize) / divisor;
    for (let position = 0; position < positions; position++) {
      cosines[position * half + i] = Math.cos(position * frequency);
      sines[position * half + i] = Math.sin(position * frequency);
    }
  }
  return {
    cosines: graph.tensor('float', [positions, half], cosines, 'rotary.cosines'),
    sines: graph.tensor('float', [positions, half], sines, 'rotary.sines'),
  };
}

/** What attention gives: its result, and the rows that it adds to the keys and values, [1, kv heads, n, head size]. */
interface Attended {
  readonly attended: string;
  readonly newRows: readonly [keys: string, values: string];
}

/** Attention over past and new tokens. */
export function attention(
  graph: GraphWriter,
  config: DecoderConfig,
  layer: number,
  qkv: string,
  shared: AttentionInputs,
): Attended {
  const { kvHeads, headSize } = config;
  const past = (what: string) =>
    graph.input(`past_key_values.${layer}.${what}`, 'float', [1, kvHeads, 'past', headSize]);
  const { slotTokens } = shared;
  const slots =
    slotTokens === undefined ? qkv : graph.node('Gather', [qkv, slotTokens], { attributes: { axis: 1 } });
  const inputs = [slots, '', '', past('key'), past('value'), shared.lastSlot, shared.totalSlots];
  const [output, keys, values] = ['attended', 'keys', 'values'].map((hint) => graph.newName(hint)) as [
    string,
    string,
    string,
  ];
  graph.node('GroupQueryAttention', [...inputs, shared.cosines, shared.sines], {
    domain: CONTRIB,
    outputs: [output, keys, values],
    attributes: {
      num_heads: config.heads,
      kv_num_heads: kvHeads,
      do_rotary: 1,
      rotary_interleaved: config.ropeInterleaved ? 1 : 0,
    },
  });
  const newRows = (present: string) =>
    graph.node('Slice', [present, shared.pastLength, shared.endLength, graph.int64(2)]);
  return {
    attended:
      slotTokens === undefined
        ? output
        : graph.node('Slice', [output, graph.int64(0), shared.newLength, graph.int64(1)]),
    newRows: [newRows(keys), newRows(values)],
  };
}

export function norm(graph: GraphWriter, x: string, gain: Float32Array, config: DecoderConfig): string {
  return graph.node('SimplifiedLayerNormalization', [x, graph.tensor('float', [gain.length], gain, 'norm')], {
    attributes: { axis: -1, epsilon: { float: config.rmsEpsilon }, stash_type: 1 },
  });
}

/** Adds `delta` to the residual stream; returns the normed sum and the sum. */
export function addAndNorm(
  graph: GraphWriter,
  delta: string,
  residual: string,
  gain: Float32Array,
  config: DecoderConfig,
): { normed: string; residual: string } {
  const normed = graph.newName('normed');
  const sum = graph.newName('residual');
  graph.node(
    'SkipSimplifiedLayerNormalization',
    [delta, residual, graph.tensor('float', [gain.length], gain, 'norm')],
    {
      domain: CONTRIB,
      outputs: [normed, '', '', sum],
      attributes: { epsilon: { float: config.rmsEpsilon } },
    },
  );
  return { normed, residual: sum };
}
