import type { GraphWriter } from './graph-writer.js';

/** x sigmoid(x) */
export function silu(graph: GraphWriter, x: string): string {
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

/** [1, n, 2 x size] -> twice [1, n, size] */
export function halves(graph: GraphWriter, x: string): [first: string, second: string] {
  const outputs: [string, string] = [graph.newName('first'), graph.newName('second')];
  graph.node('Split', [x], { outputs, attributes: { axis: -1, num_outputs: 2 } });
  return outputs;
}
