import { CONTRIB, type GraphWriter } from './graph-writer.js';
import { type BlockWeights, bytePerQuant, zeroPoint } from './weight-blocks.js';
import { canPack, type FloatWeights, packRows, type Weights } from './weights.js';

/**
 * MatMulNBits's accuracy level at which activations are rounded to 8 bits per block and multiplied as integers.
 * The level without rounding unpacks all weights at every pass where the processor lacks wider kernels: 20 times slower.
 */
const INT8_ACTIVATIONS = 4;

/** Weights that are in the graph already, to be used more than once. */
export type StoredWeights =
  | { readonly kind: 'float'; readonly rows: number; readonly columns: number; readonly values: string }
  | {
      readonly kind: 'blocks';
      readonly bits: 4 | 8;
      readonly block: 16 | 32;
      readonly rows: number;
      readonly columns: number;
      /** [rows, blocks, bytes of a block] */
      readonly quants: string;
      /** [rows, blocks] */
      readonly scales: string;
      /** [rows, blocks] */
      readonly offsets: string | undefined;
    };

/** y = x W^T for several W of the same x: as few operators as their weights allow, results concatenated. */
export function packedLinear(graph: GraphWriter, x: string, parts: readonly Weights[], hint: string): string {
  const groups: Weights[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && canPack(group[0], part)) group.push(part);
    else groups.push([part]);
  }
  const results = groups.map((group) => linear(graph, x, storeWeights(graph, packRows(group), hint)));
  const [only] = results;
  if (results.length === 1 && only !== undefined) return only;
  return graph.node('Concat', results, { attributes: { axis: -1 } });
}

export function storeWeights(graph: GraphWriter, weights: Weights, hint: string): StoredWeights {
  return weights.kind === 'float' ? storeFloats(graph, weights, hint) : storeBlocks(graph, weights, hint);
}

function storeFloats(graph: GraphWriter, weights: FloatWeights, hint: string): StoredWeights {
  const { rows, columns } = weights;
  return {
    kind: 'float',
    rows,
    columns,
    values: graph.tensor('float', [rows, columns], weights.values, hint),
  };
}

function storeBlocks(graph: GraphWriter, weights: BlockWeights, hint: string): StoredWeights {
  const { bits, block, rows, columns, quants, scales, offsets } = weights;
  const blocks = columns / block;
  return {
    kind: 'blocks',
    bits,
    block,
    rows,
    columns,
    quants: graph.tensor('uint8', [rows, blocks, (block * bits) / 8], quants, `${hint}.quants`),
    scales: graph.tensor('float', [rows, blocks], scales, `${hint}.scales`),
    offsets: offsets && graph.tensor('float', [rows, blocks], offsets, `${hint}.offsets`),
  };
}

/** y = x W^T; x is [1, n, columns], y [1, n, rows]. */
export function linear(graph: GraphWriter, x: string, weights: StoredWeights): string {
  if (weights.kind === 'float') return transposedMatMul(graph, x, weights.values);
  const { rows, columns, bits, block, quants, scales, offsets } = weights;
  const main = graph.node('MatMulNBits', [x, quants, scales], {
    domain: CONTRIB,
    attributes: { K: columns, N: rows, bits, block_size: block, accuracy_level: INT8_ACTIVATIONS },
  });
  if (offsets === undefined) return main;
  // Float zero points would say the same but take a kernel ten times slower: add offset x (sum of x over the block).
  const blocked = graph.node('Reshape', [x, graph.int64(0, 0, columns / block, block)]);
  const sums = graph.node('ReduceSum', [blocked, graph.int64(3)], { attributes: { keepdims: 0 } });
  return graph.node('Add', [main, transposedMatMul(graph, sums, offsets)]);
}

function transposedMatMul(graph: GraphWriter, x: string, weights: string): string {
  return graph.node('FusedMatMul', [x, weights], { domain: CONTRIB, attributes: { transB: 1 } });
}

/** Rows of a float matrix, or of one with 8-bit blocks, by id: ids [1, n] -> [1, n, columns]. */
export function gatherRows(graph: GraphWriter, ids: string, weights: StoredWeights): string {
  if (weights.kind === 'float') return graph.node('Gather', [weights.values, ids]);
  const quants = graph.node('Gather', [weights.quants, ids]);
  const floats = graph.node('Cast', [quants], { attributes: { to: 1 } });
  const perBlock = (table: string) =>
    graph.node('Unsqueeze', [graph.node('Gather', [table, ids]), graph.int64(-1)]);
  const centred = graph.node('Sub', [floats, graph.scalarFloat(zeroPoint(8))]);
  let rows = graph.node('Mul', [centred, perBlock(weights.scales)]);
  if (weights.offsets !== undefined) rows = graph.node('Add', [rows, perBlock(weights.offsets)]);
  return graph.node('Reshape', [rows, graph.int64(0, 0, weights.columns)]);
}

/** The same weights with 8-bit quants, so that rows can be gathered. */
export function asGatherable(weights: Weights): Weights {
  if (weights.kind === 'float' || weights.bits === 8) return weights;
  const shift = zeroPoint(8) - zeroPoint(4);
  return { ...weights, bits: 8, quants: bytePerQuant(weights).map((quant) => quant + shift) };
}
