import type { ByteType } from './build-options.js';
import { CONTRIB, type GraphWriter } from './graph-writer.js';
import type { Int8Weights } from './int8-weights.js';

/** The quant that stands for 0 among unsigned ones: activations, which the kernels take so, and uint8 weights. */
const UNSIGNED_ZERO = 128;

/** Int8 weights that are in the graph. */
export interface StoredInt8Weights {
  readonly rows: number;
  readonly columns: number;
  readonly type: ByteType;
  readonly quants: string;
  readonly scales: string;
}

/** Activations rounded to 8 bits: value = (quant - zero) x scale x the token's own scale. */
export interface QuantisedRows {
  /** uint8 [1, n, columns] */
  readonly quants: string;
  readonly scale: number;
  /** float [1, n, 1]; undefined: all 1 */
  readonly ownScales: string | undefined;
}

export interface QuantiseOptions {
  readonly columns: number;
  /** Of `zeroPoints`. */
  readonly zeros: string;
}

export function storeInt8(
  graph: GraphWriter,
  weights: Int8Weights,
  type: ByteType,
  hint: string,
): StoredInt8Weights {
  const { rows, columns, quants } = weights;
  return {
    rows,
    columns,
    type,
    quants: graph.tensor(
      type,
      [columns, rows],
      type === 'int8' ? quants : unsigned(quants),
      `${hint}.quants`,
    ),
    scales: graph.tensor('float', [rows], weights.scales, `${hint}.scales`),
  };
}

/**
 * Rounds x [1, n, columns] to 8 bits with one scale per token, its largest size / 127: what a token becomes does not
 * depend on which other tokens share its pass. A token of zeros gets the scale 0, so whatever quants it gets, its
 * products are 0.
 */
export function quantiseRows(
  graph: GraphWriter,
  x: string,
  { columns, zeros }: QuantiseOptions,
): QuantisedRows {
  const largest = graph.node('ReduceMax', [graph.node('Abs', [x]), graph.int64(-1)]);
  const scales = graph.node('Mul', [largest, graph.scalarFloat(1 / 127)]);
  const attributes = { axis: 2, block_size: columns };
  return {
    quants: graph.node('QuantizeLinear', [x, scales, zeros], { attributes }),
    scale: 1,
    ownScales: scales,
  };
}

/**
 * Rounds x [1, n, columns] to 8 bits with one scale for all; values beyond `largest` become that. For vectors whose
 * elements are known to be of one size.
 */
export function quantiseAlike(graph: GraphWriter, x: string, largest: number): QuantisedRows {
  const scale = Math.fround(largest / 127);
  const inputs = [x, graph.scalarFloat(scale), unsignedZero(graph)];
  return { quants: graph.node('QuantizeLinear', inputs), scale, ownScales: undefined };
}

/** uint8 [1, n, 1]: the zero point for each token of x [1, n, columns]. */
export function zeroPoints(graph: GraphWriter, x: string): string {
  const tokens = graph.node('Shape', [x], { attributes: { start: 0, end: 2 } });
  const shape = graph.node('Concat', [tokens, graph.int64(1)], { attributes: { axis: 0 } });
  return graph.node('Expand', [graph.tensor('uint8', [1, 1, 1], Uint8Array.of(UNSIGNED_ZERO)), shape]);
}

/** y = x W^T in integers: x [1, n, columns] as `quantiseRows` or `quantiseAlike` gives it, y [1, n, rows]. */
export function int8Linear(graph: GraphWriter, x: QuantisedRows, weights: StoredInt8Weights): string {
  const inputs = [x.quants, weights.quants, graph.scalarFloat(x.scale), weights.scales, unsignedZero(graph)];
  if (weights.type === 'uint8') inputs.push(unsignedZero(graph));
  const product = graph.node('MatMulIntegerToFloat', inputs, { domain: CONTRIB });
  return x.ownScales === undefined ? product : graph.node('Mul', [product, x.ownScales]);
}

/** Uint8Array.from with a function would take a quarter of an import. */
function unsigned(quants: Int8Array): Uint8Array {
  const shifted = new Uint8Array(quants.length);
  for (let i = 0; i < quants.length; i++) shifted[i] = (quants[i] as number) + UNSIGNED_ZERO;
  return shifted;
}

function unsignedZero(graph: GraphWriter): string {
  return graph.tensor('uint8', [], Uint8Array.of(UNSIGNED_ZERO));
}
