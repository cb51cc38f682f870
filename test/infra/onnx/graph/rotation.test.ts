import { describe, expect, it } from 'vitest';
import { Rotation } from '../../../../infra/onnx/graph/rotation.js';
import { normalNumbers } from '../../../support/tiny-random.js';

/** a [m, k] times b [k, n], in doubles. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, k: number): number[] {
  const [m, n] = [a.length / k, b.length / k];
  return Array.from({ length: m * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += (a[row * k + j] as number) * (b[j * n + column] as number);
    return sum;
  });
}

function transposed(values: ArrayLike<number>, rows: number): number[] {
  const columns = values.length / rows;
  return Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0,
  );
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
}

describe.each([1, 2, 9, 16, 24, 96, 576])('a rotation of %i elements', (width) => {
  const rotation = new Rotation(width, 7);
  const q = rotation.matrix();

  it('is orthogonal', () => {
    const identity = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0));
    expect(largestDifference(product(q, transposed(q, width), width), identity)).toBeLessThan(1e-6);
  });

  it('multiplies rows by Q, however many there are', () => {
    for (const rows of [1, 5, 8, 19]) {
      const values = normalNumbers(1, rows * width, 1);
      const expected = product(values, q, width);
      rotation.rotateRows(values);
      expect(largestDifference(values, expected)).toBeLessThan(1e-5);
    }
  });

  it('multiplies columns by its transpose, group by group', () => {
    for (const columns of [1, 8, 13]) {
      const values = normalNumbers(2, 2 * width * columns, 1);
      const groups = [values.subarray(0, width * columns), values.subarray(width * columns)];
      const expected = groups.flatMap((group) => product(transposed(q, width), group, width));
      rotation.rotateColumns(values, columns);
      expect(largestDifference(values, expected)).toBeLessThan(1e-5);
    }
  });

  it('is decided by its seed', () => {
    expect(new Rotation(width, 7).matrix()).toEqual(q);
    if (width > 8) expect(new Rotation(width, 8).matrix()).not.toEqual(q);
  });
});

it('spreads an outlier over all elements', () => {
  const values = new Float32Array(576);
  values[100] = 24;
  new Rotation(576, 1).rotateRows(values);
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(1.5);
});
