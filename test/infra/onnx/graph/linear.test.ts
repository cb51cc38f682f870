import { describe, expect, it } from 'vitest';
import { BLOCK_LAYOUTS, isBlockFormat } from '../../../../infra/onnx/graph/blocks/block-formats.js';
import { GraphWriter } from '../../../../infra/onnx/graph/graph-writer.js';
import { asGatherable, gatherRows, packedLinear, storeWeights } from '../../../../infra/onnx/graph/linear.js';
import { toWeights, type Weights } from '../../../../infra/onnx/graph/weights.js';
import { createSession, Tensor } from '../../../../infra/onnx/runtime.js';
import type { BlockFormat, StoredMatrix, WeightFormat } from '../../../../src/core/checkpoint.js';
import { blockValues } from '../../../support/block-values.js';
import { randomBlocks } from '../../../support/random-blocks.js';
import { storeAs } from '../../../support/tiny-quantise.js';
import { normalNumbers, uniformNumbers } from '../../../support/tiny-random.js';
import { modelFolder } from '../open-model.js';

const folder = modelFolder();
const COLUMNS = 768;

function matrix(format: WeightFormat, rows: number, seed = 1): StoredMatrix {
  const count = rows * COLUMNS;
  const bytes = isBlockFormat(format)
    ? randomBlocks(format, count, seed, 1)
    : storeAs(normalNumbers(seed, count, 1), format);
  return { format, rows, columns: COLUMNS, bytes };
}

function storedValues(stored: StoredMatrix): Float32Array {
  const weights = toWeights(stored, 'f32');
  if (weights.kind !== 'float') throw new Error('not floats');
  return weights.values;
}

/** Activations that 8 bits per block hold exactly: whole numbers up to 127, which occurs in every block. */
function activations(tokens: number): Float32Array {
  const uniform = uniformNumbers(5);
  return Float32Array.from({ length: tokens * COLUMNS }, (_, i) =>
    i % 16 === 0 ? 127 : Math.round(uniform() * 254) - 127,
  );
}

function product(x: Float32Array, values: Float32Array, rows: number): number[] {
  return Array.from({ length: (x.length / COLUMNS) * rows }, (_, i) => {
    const [token, row] = [Math.floor(i / rows), i % rows];
    let sum = 0;
    for (let c = 0; c < COLUMNS; c++)
      sum += (x[token * COLUMNS + c] as number) * (values[row * COLUMNS + c] as number);
    return sum;
  });
}

async function runLinear(name: string, x: Float32Array, parts: readonly Weights[]): Promise<Float32Array> {
  const graph = new GraphWriter(folder(`${name}.onnx`));
  graph.input('x', 'float', [1, 'n', COLUMNS]);
  graph.node('Identity', [packedLinear(graph, 'x', parts, 'w')], { outputs: ['y'] });
  graph.output('y', 'float', [1, 'n', 'rows']);
  graph.finish({ name: 'test', version: '1' }, 21);
  const session = await createSession(folder(`${name}.onnx`), { threads: 1, provider: 'cpu' });
  const { y } = await session.run({ x: new Tensor('float32', x, [1, x.length / COLUMNS, COLUMNS]) });
  await session.release();
  return y?.data as Float32Array;
}

function largestRelativeError(actual: Float32Array, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] as number)) / scale));
}

const blockFormats = Object.keys(BLOCK_LAYOUTS) as BlockFormat[];

/** A linear layer computes x W^T for every stored form of W, exactly but for float rounding. */
describe('packedLinear', () => {
  const formats: WeightFormat[] = ['f32', 'f16', 'bf16', ...blockFormats];

  it.each(formats)('multiplies %s weights as JavaScript does', async (format) => {
    const stored = matrix(format, 40);
    for (const tokens of [1, 2, 5]) {
      const x = activations(tokens);
      const y = await runLinear(`one-${format}-${tokens}`, x, [toWeights(stored, 'stored')]);
      expect(largestRelativeError(y, product(x, storedValues(stored), 40))).toBeLessThan(1e-5);
    }
  });

  it.each(formats)('packs %s matrices row after row', async (format) => {
    const [a, b] = [matrix(format, 24, 2), matrix(format, 8, 3)];
    const x = activations(3);
    const y = await runLinear(`packed-${format}`, x, [toWeights(a, 'stored'), toWeights(b, 'stored')]);
    const values = Float32Array.from([...storedValues(a), ...storedValues(b)]);
    expect(largestRelativeError(y, product(x, values, 32))).toBeLessThan(1e-5);
  });

  it('joins the results of matrices that cannot be packed', async () => {
    const each: WeightFormat[] = [
      'q4_0',
      'q8_0',
      'f16',
      'q4_1',
      'q6_k',
      'q5_0',
      'q5_k',
      'q4_k',
      'q2_k',
      'q3_k',
    ];
    const parts = each.map((format, i) => matrix(format, 8, i));
    const x = activations(3);
    const weights = parts.map((part) => toWeights(part, 'stored'));
    const y = await runLinear('mixed', x, weights);
    const values = Float32Array.from(parts.flatMap((part) => [...storedValues(part)]));
    expect(largestRelativeError(y, product(x, values, 80))).toBeLessThan(1e-5);
  });

  it.each([
    ['q8', 2e-2],
    ['q4', 2e-1],
  ] as const)('rounds floats to blocks when asked (%s), and leaves blocks alone', async (choice, most) => {
    const stored = matrix('f32', 40);
    const weights = toWeights(stored, choice);
    expect(weights.kind).toBe('blocks');
    const x = activations(2);
    const error = largestRelativeError(
      await runLinear(choice, x, [weights]),
      product(x, storedValues(stored), 40),
    );
    expect(error).toBeGreaterThan(most / 1000);
    expect(error).toBeLessThan(most);
    expect(toWeights(matrix('q4_1', 8), choice)).toEqual(toWeights(matrix('q4_1', 8), 'stored'));
  });

  it.each(['q8', 'q4'] as const)('rounds a matrix in pieces as it does at once (%s)', (choice) => {
    const columns = 32 * 1001;
    const values = normalNumbers(3, 20 * columns, 1);
    const large = toWeights({ format: 'f32', rows: 20, columns, bytes: storeAs(values, 'f32') }, choice);
    const row = values.slice(19 * columns);
    const last = toWeights({ format: 'f32', rows: 1, columns, bytes: storeAs(row, 'f32') }, choice);
    if (large.kind !== 'blocks' || last.kind !== 'blocks') throw new Error('not blocks');
    expect(blockValues(large).subarray(19 * columns)).toEqual(blockValues(last));
  });
});

describe('gatherRows', () => {
  it.each<WeightFormat>(['f32', ...blockFormats])('looks %s rows up exactly', async (format) => {
    const stored = matrix(format, 40);
    const path = folder(`gather-${format}.onnx`);
    const graph = new GraphWriter(path);
    graph.input('ids', 'int64', [1, 'n']);
    const table = storeWeights(graph, asGatherable(toWeights(stored, 'stored')), 'table');
    graph.node('Identity', [gatherRows(graph, 'ids', table)], { outputs: ['y'] });
    graph.output('y', 'float', [1, 'n', COLUMNS]);
    graph.finish({ name: 'test', version: '1' }, 21);
    const session = await createSession(path, { threads: 1, provider: 'cpu' });
    const { y } = await session.run({ ids: new Tensor('int64', BigInt64Array.of(39n, 0n, 7n), [1, 3]) });
    const values = storedValues(stored);
    const expected = [39, 0, 7].flatMap((row) => [...values.subarray(row * COLUMNS, (row + 1) * COLUMNS)]);
    expect(largestRelativeError(y?.data as Float32Array, expected)).toBeLessThan(1e-6);
    await session.release();
  });
});
