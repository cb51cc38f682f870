import { describe, expect, it } from 'vitest';
import { GraphWriter } from '../../../../infra/onnx/graph/graph-writer.js';
import { twoLargest } from '../../../../infra/onnx/graph/two-largest.js';
import { createSession, Tensor } from '../../../../infra/onnx/runtime.js';
import { normalNumbers } from '../../../support/tiny-random.js';
import { modelFolder } from '../open-model.js';

const folder = modelFolder();

async function runner(width: number) {
  const path = folder(`two-largest-${width}.onnx`);
  const graph = new GraphWriter(path);
  graph.input('x', 'float', [1, 'r', width]);
  twoLargest(graph, 'x', width, ['values', 'ids']);
  graph.output('values', 'float', [1, 'r', 2]);
  graph.output('ids', 'int64', [1, 'r', 2]);
  graph.finish({ name: 'test', version: '1' }, 21);
  const session = await createSession(path, { threads: 1, provider: 'cpu' });
  return async (x: Float32Array) => {
    const rows = x.length / width;
    const { values, ids } = await session.run({ x: new Tensor('float32', x, [1, rows, width]) });
    if (values === undefined || ids === undefined) throw new Error('an output is missing');
    expect([values.dims, ids.dims]).toEqual([
      [1, rows, 2],
      [1, rows, 2],
    ]);
    return { values: [...(values.data as Float32Array)], ids: Array.from(ids.data as BigInt64Array, Number) };
  };
}

/** Both ways to find the two largest values of a row give the same. */
describe.each([1000, 49_152])('twoLargest of %d', (width) => {
  it('finds the values and where they are', async () => {
    const run = await runner(width);
    const x = normalNumbers(1, 5 * width, 3);
    const { values, ids } = await run(x);
    for (let row = 0; row < 5; row++) {
      const own = x.subarray(row * width, (row + 1) * width);
      const order = [...own.keys()].sort((a, b) => (own[b] as number) - (own[a] as number));
      expect(ids.slice(2 * row, 2 * row + 2)).toEqual(order.slice(0, 2));
      expect(values.slice(2 * row, 2 * row + 2)).toEqual(order.slice(0, 2).map((id) => own[id]));
    }
  });

  it.each([
    ['the first and the last', [0, width - 1]],
    ['neighbours', [500, 501]],
    ['many', [130, 131, 300, 700, 900]],
  ])('takes the first of equal ones: %s', async (_, places) => {
    const run = await runner(width);
    const x = normalNumbers(2, width, 1);
    for (const place of places) x[place] = 9;
    const { values, ids } = await run(x);
    expect(values).toEqual([9, 9]);
    expect(ids).toEqual(places.slice(0, 2));
  });

  it('finds the second in the block of the first or elsewhere', async () => {
    const run = await runner(width);
    const x = normalNumbers(3, 2 * width, 1);
    x.set([9, 8], 600);
    x.set([9], width + 600);
    x.set([8], width + 3);
    const { values, ids } = await run(x);
    expect(values).toEqual([9, 8, 9, 8]);
    expect(ids).toEqual([600, 601, 600, 3]);
  });
});
