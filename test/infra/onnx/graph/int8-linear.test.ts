import { describe, expect, it } from 'vitest';
import type { ByteType } from '../../../../infra/onnx/graph/build-options.js';
import { GraphWriter } from '../../../../infra/onnx/graph/graph-writer.js';
import {
  int8Linear,
  quantiseAlike,
  quantiseRows,
  storeInt8,
  zeroPoints,
} from '../../../../infra/onnx/graph/int8-linear.js';
import { Int8WeightsWriter } from '../../../../infra/onnx/graph/int8-weights.js';
import { integerProductsAreExact } from '../../../../infra/onnx/integer-products.js';
import { createSession, Tensor } from '../../../../infra/onnx/runtime.js';
import { normalNumbers } from '../../../support/tiny-random.js';
import { modelFolder } from '../open-model.js';

const folder = modelFolder();
const COLUMNS = 96;
const ROWS = 40;
const writer = new Int8WeightsWriter(ROWS, COLUMNS);
writer.add(normalNumbers(1, ROWS * COLUMNS, 1));
const { weights } = writer;

/** `largest`: of `quantiseAlike`; undefined: each row has a scale of its own. */
async function runner(type: ByteType, largest?: number) {
  const path = folder(`linear-${type}-${largest}.onnx`);
  const graph = new GraphWriter(path);
  graph.input('x', 'float', [1, 'n', COLUMNS]);
  const x =
    largest === undefined
      ? quantiseRows(graph, 'x', { columns: COLUMNS, zeros: zeroPoints(graph, 'x') })
      : quantiseAlike(graph, 'x', largest);
  graph.node('Identity', [int8Linear(graph, x, storeInt8(graph, weights, type, 'w'))], { outputs: ['y'] });
  graph.output('y', 'float', [1, 'n', ROWS]);
  graph.finish({ name: 'test', version: '1' }, 21);
  const session = await createSession(path, { threads: 1, provider: 'cpu' });
  return async (values: Float32Array): Promise<Float32Array> => {
    const tensor = new Tensor('float32', values, [1, values.length / COLUMNS, COLUMNS]);
    const { y } = await session.run({ x: tensor });
    return y?.data as Float32Array;
  };
}

/** The same in doubles: activations rounded to the nearest multiple of `largest` or their row's largest size / 127. */
function expected(x: Float32Array, largest?: number): number[] {
  return Array.from({ length: (x.length / COLUMNS) * ROWS }, (_, i) => {
    const [token, row] = [Math.floor(i / ROWS), i % ROWS];
    const values = x.subarray(token * COLUMNS, (token + 1) * COLUMNS);
    const scale = (largest ?? Math.max(...values.map(Math.abs))) / 127;
    let sum = 0;
    values.forEach((value, column) => {
      const quant = Math.max(-128, Math.min(127, Math.round(value / scale)));
      sum += quant * (weights.quants[column * ROWS + row] as number);
    });
    return sum * scale * (weights.scales[row] as number);
  });
}

/** Products with int8 weights are not exact on every processor. */
const types: ByteType[] = (await integerProductsAreExact('int8')) ? ['int8', 'uint8'] : ['uint8'];

describe.each(types)('int8Linear with weights stored as %s', (type) => {
  it.each([
    ['one scale per token', undefined],
    ['the same scale for all tokens, larger values cut off', 5],
  ])('multiplies integers, with one scale per output and %s', async (_, largest) => {
    const run = await runner(type, largest);
    for (const tokens of [1, 2, 5, 33]) {
      const x = normalNumbers(tokens, tokens * COLUMNS, 3);
      const y = await run(x);
      const differences = expected(x, largest).map((value, i) => Math.abs(value - (y[i] as number)));
      // A value halfway between two quants may go either way.
      expect(Math.max(...differences)).toBeLessThan(0.1);
      expect(differences.filter((difference) => difference > 1e-3).length).toBeLessThan(3);
    }
  });

  it.each([undefined, 5])('gives a token the same bits in any company: %s', async (largest) => {
    const run = await runner(type, largest);
    const x = normalNumbers(9, 33 * COLUMNS, 3);
    x.fill(1000, 0, COLUMNS);
    const together = await run(x);
    for (let token = 0; token < 33; token++) {
      const alone = await run(x.slice(token * COLUMNS, (token + 1) * COLUMNS));
      expect(alone).toEqual(together.slice(token * ROWS, (token + 1) * ROWS));
    }
  });

  it('gives zeros for a token of zeros', async () => {
    const run = await runner(type);
    const x = normalNumbers(9, 3 * COLUMNS, 3).fill(0, COLUMNS, 2 * COLUMNS);
    const y = await run(x);
    expect(y.slice(ROWS, 2 * ROWS).map(Math.abs)).toEqual(new Float32Array(ROWS));
    expect(y[0]).not.toBe(0);
  });
});
