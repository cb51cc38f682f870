import type { GraphWriter } from './graph-writer.js';

/** Elements of a block. */
const BLOCK = 128;
/** From this width on, finding the largest of each block first takes less time than the operators that it adds. */
const WIDE = 32_768;

/**
 * The two largest values of each row of x [1, r, width] and their ids, [1, r, 2] each; of equal largest ones the
 * first wins. Both are in the two blocks with the largest maxima, and maxima are found by wide instructions, which
 * TopK does not use: only those two blocks go through it value by value.
 */
export function twoLargest(
  graph: GraphWriter,
  x: string,
  width: number,
  [values, ids]: readonly [values: string, ids: string],
): void {
  const two = graph.int64(2);
  if (width < WIDE || width % BLOCK !== 0) {
    graph.node('TopK', [x, two], { outputs: [values, ids] });
    return;
  }
  const blocks = graph.node('Reshape', [x, graph.int64(0, 0, width / BLOCK, BLOCK)]);
  const maxima = graph.node('ReduceMax', [blocks, graph.int64(3)], { attributes: { keepdims: 0 } });
  const best = graph.newName('blocks');
  graph.node('TopK', [maxima, two], { outputs: [graph.newName('maxima'), best] });
  const chosen = graph.node('GatherND', [blocks, graph.node('Unsqueeze', [best, graph.int64(3)])], {
    attributes: { batch_dims: 2 },
  });
  const places = graph.newName('places');
  const both = graph.node('Reshape', [chosen, graph.int64(0, 0, 2 * BLOCK)]);
  graph.node('TopK', [both, two], { outputs: [values, places] });
  // A place in the first block is its start + place, one in the second its start + place - BLOCK.
  const starts = graph.node('Mul', [best, graph.int64(BLOCK)]);
  const shifts = graph.node('Sub', [starts, graph.int64(0, BLOCK)]);
  const which = graph.node('Div', [places, graph.int64(BLOCK)]);
  const shift = graph.node('GatherElements', [shifts, which], { attributes: { axis: 2 } });
  graph.node('Add', [places, shift], { outputs: [ids] });
}
