import { describe, expect, it } from 'vitest';
import { Int8WeightsWriter } from '../../../../infra/onnx/graph/int8-weights.js';
import { normalNumbers } from '../../../support/tiny-random.js';

const ROWS = 150;
const COLUMNS = 7;
const values = normalNumbers(1, ROWS * COLUMNS, 1);
values.fill(0, 3 * COLUMNS, 4 * COLUMNS);

function written(sizes: readonly number[]) {
  const writer = new Int8WeightsWriter(ROWS, COLUMNS);
  let row = 0;
  for (const size of sizes) {
    writer.add(values.slice(row * COLUMNS, (row + size) * COLUMNS));
    row += size;
  }
  return writer.weights;
}

describe('Int8WeightsWriter', () => {
  const { quants, scales } = written([ROWS]);

  it('rounds each row by its largest size, inputs first', () => {
    for (let row = 0; row < ROWS; row++) {
      const sizes = [...values.subarray(row * COLUMNS, (row + 1) * COLUMNS)].map(Math.abs);
      const scale = scales[row] as number;
      expect(scale).toBe(Math.fround(Math.max(...sizes) / 127));
      for (let column = 0; column < COLUMNS; column++) {
        const error = (quants[column * ROWS + row] as number) * scale - (values[row * COLUMNS + column] ?? 0);
        expect(Math.abs(error)).toBeLessThanOrEqual(0.5001 * scale);
      }
    }
    expect(Math.max(...quants)).toBe(127);
    expect(Math.min(...quants)).toBe(-127);
  });

  it('takes rows in pieces of any number', () => {
    for (const sizes of [Array(ROWS).fill(1), [64, 64, 22], [1, 100, 49]])
      expect(written(sizes)).toEqual(written([ROWS]));
  });
});
