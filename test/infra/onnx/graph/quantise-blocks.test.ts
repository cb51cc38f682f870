import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestHalf } from '../../../../infra/onnx/graph/half-floats.js';
import { emptyBlocks, quantiseBlocks } from '../../../../infra/onnx/graph/quantise-blocks.js';
import { bytePerQuant } from '../../../../infra/onnx/graph/weight-blocks.js';
import { blockValues } from '../../../support/block-values.js';
import { normalNumbers } from '../../../support/tiny-random.js';

function quantised(values: Float32Array, bits: 4 | 8) {
  const blocks = emptyBlocks(bits, values.length / 32, 32);
  quantiseBlocks(values, blocks, 0);
  return blocks;
}

const ranges = { 4: [-8, 7], 8: [-127, 127] } as const;

/** A positive or negative number that binary16 holds, subnormal ones too. */
const halves = fc
  .tuple(fc.integer({ min: 1, max: 2047 }), fc.integer({ min: -24, max: 4 }), fc.boolean())
  .map(([significand, exponent, negative]) => significand * 2 ** exponent * (negative ? -1 : 1));

describe.each([4, 8] as const)('blocks of %i bits', (bits) => {
  const [least, most] = ranges[bits];

  it('keep weights that are multiples of a binary16 already', () => {
    const multiples = fc.array(fc.integer({ min: least, max: most }), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(halves, multiples, fc.integer({ min: 1, max: 3 }), (scale, quants, stride) => {
        const values = Float32Array.from(quants, (quant) => scale * (quant - (quant % stride)));
        expect(blockValues(quantised(values, bits))).toEqual(values.map((value) => value + 0));
      }),
      { numRuns: 2000 },
    );
  });

  it('round other weights to the nearest multiple of a binary16 scale, half a step away at most', () => {
    const values = normalNumbers(bits, 32 * 200, 0.05);
    const blocks = quantised(values, bits);
    const kept = blockValues(blocks);
    let clipped = 0;
    values.forEach((value, i) => {
      const scale = blocks.scales[Math.floor(i / 32)] as number;
      expect(nearestHalf(scale)).toBe(scale);
      const error = Math.abs(value - (kept[i] as number)) / Math.abs(scale);
      if (error > 0.5001) clipped++;
      expect(error).toBeLessThan(1.01);
    });
    // With 4 bits there is one multiple more on the side of the largest value.
    expect(clipped / values.length).toBeLessThan(bits === 4 ? 0.01 : Number.MIN_VALUE);
    expect(blockValues(quantised(kept, bits))).toEqual(kept);
  });

  it('hold zeros, and say when a weight is not finite or too large', () => {
    expect(blockValues(quantised(new Float32Array(32), bits))).toEqual(new Float32Array(32));
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e38]) {
      const values = new Float32Array(64).fill(1);
      values[40] = bad;
      const { scales } = quantised(values, bits);
      expect(scales[0]).toBe(1);
      expect(Number.isFinite(scales[1])).toBe(false);
    }
  });
});

/** Worked out by hand from ggml's definition. */
describe('the scale of a block', () => {
  it('is the value of the largest size / -8 with 4 bits, so that it becomes the lowest quant', () => {
    const values = new Float32Array(32).fill(0.1);
    values[5] = 2.000001;
    values[6] = -1.7;
    const blocks = quantised(values, 4);
    expect(blocks.scales[0]).toBe(-0.25);
    expect(bytePerQuant(blocks).slice(4, 8)).toEqual(Uint8Array.of(8, 0, 15, 8));
  });

  it('is the largest size / 127 with 8 bits', () => {
    const values = new Float32Array(32).fill(0.1);
    values[5] = -2.000001;
    const blocks = quantised(values, 8);
    expect(blocks.scales[0]).toBe(nearestHalf(2.000001 / 127));
    expect(blocks.quants.slice(4, 6)).toEqual(Uint8Array.of(128 + 6, 1));
  });
});
