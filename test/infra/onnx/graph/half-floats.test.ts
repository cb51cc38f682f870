import { describe, expect, it } from 'vitest';
import { halfFloatBits, halfFloatTable } from '../../../../infra/onnx/graph/half-floats.js';

/** Half floats are read and written as IEEE 754 binary16. */
describe('half floats', () => {
  it('reads the values of the standard', () => {
    const table = halfFloatTable();
    const cases: [bits: number, value: number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x3555, 0.333251953125],
      [0x7bff, 65_504],
      [0x0001, 2 ** -24],
      [0x0400, 2 ** -14],
      [0x7c00, Number.POSITIVE_INFINITY],
    ];
    for (const [bits, value] of cases) expect(table[bits]).toBe(value);
    expect(table[0x7c01]).toBeNaN();
  });

  it('writes every finite value back to its own bits', () => {
    const table = halfFloatTable();
    const all = Array.from({ length: 65_536 }, (_, bits) => bits);
    const finite = all.filter((bits) => Number.isFinite(table[bits]));
    expect(finite.filter((bits) => halfFloatBits(table[bits] as number) !== bits)).toEqual([]);
    expect(finite).toHaveLength(2 * 31 * 1024);
  });

  it('rounds to the nearest, ties to even', () => {
    expect(halfFloatBits(1 + 2 ** -11)).toBe(0x3c00);
    expect(halfFloatBits(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(halfFloatBits(1e6)).toBe(0x7c00);
  });
});
