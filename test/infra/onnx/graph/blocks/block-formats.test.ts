import { describe, expect, it } from 'vitest';
import { BLOCK_LAYOUTS, isBlockFormat } from '../../../../../infra/onnx/graph/blocks/block-formats.js';
import { blocksFromStored, bytePerQuant, zeroPoint } from '../../../../../infra/onnx/graph/weight-blocks.js';
import { toWeights } from '../../../../../infra/onnx/graph/weights.js';
import type { BlockFormat, StoredMatrix, WeightFormat } from '../../../../../src/core/checkpoint.js';
import { blockValues } from '../../../../support/block-values.js';
import fixture from '../../../../support/ggml-blocks/blocks.json' with { type: 'json' };

/** 512 weights of a format, and what gguf-py makes of them. */
function sample(format: WeightFormat): { matrix: StoredMatrix; values: Float32Array } {
  const made = fixture[format.toUpperCase() as keyof typeof fixture];
  const bytes = new Uint8Array(Buffer.from(made.bytes, 'base64'));
  const values = new Float32Array(new Uint8Array(Buffer.from(made.values, 'base64')).buffer);
  return { matrix: { format, rows: 2, columns: 256, bytes }, values };
}

/** Adding a minimum of 0 to a weight of -0 takes its sign. */
const unsignedZeros = (values: Float32Array) => values.map((value) => value + 0);

const formats = Object.keys(fixture).map((name) => name.toLowerCase() as WeightFormat);
const blockFormats = formats.filter(isBlockFormat);

/** Their quants are centred by offsets that are rounded to float32. */
const withOffsets: ReadonlySet<BlockFormat> = new Set(['q4_1', 'q5_1', 'q2_k', 'q4_k', 'q5_k'] as const);

describe('stored weights', () => {
  it('are known in every format of blocks', () => {
    expect(blockFormats.toSorted()).toEqual(Object.keys(BLOCK_LAYOUTS).toSorted());
  });

  it.each(formats)('of %s are the floats that gguf-py reads', (format) => {
    const { matrix, values } = sample(format);
    const weights = toWeights(matrix, 'f32');
    if (weights.kind !== 'float') throw new Error('not floats');
    expect(unsignedZeros(weights.values)).toEqual(unsignedZeros(values));
  });

  it.each(blockFormats)('of %s stay the same as blocks of the graph', (format) => {
    const { matrix, values } = sample(format);
    const blocks = blocksFromStored(matrix, format);
    const kept = blockValues(blocks);
    expect(blocks.offsets !== undefined).toBe(withOffsets.has(format));
    if (!withOffsets.has(format)) {
      expect(unsignedZeros(kept)).toEqual(unsignedZeros(values));
      return;
    }
    values.forEach((value, i) => {
      const offset = blocks.offsets?.[Math.floor(i / blocks.block)] as number;
      expect(Math.abs((kept[i] as number) - value)).toBeLessThanOrEqual(2 ** -22 * Math.abs(offset));
    });
  });

  it.each([...withOffsets])(
    'of %s are centred: quants multiply what activations lose in 8 bits',
    (format) => {
      const blocks = blocksFromStored(sample(format).matrix, format);
      const quants = bytePerQuant(blocks);
      const mean = quants.reduce((sum, quant) => sum + quant, 0) / quants.length;
      expect(Math.abs(mean - zeroPoint(blocks.bits))).toBeLessThan(1.5);
    },
  );

  it('take 4 bits where they fit, else 8, in groups of 16 or 32', () => {
    const sizes = blockFormats.map((format) => {
      const { bits, block } = blocksFromStored(sample(format).matrix, format);
      return [format, bits, block];
    });
    expect(sizes).toEqual([
      ['q8_0', 8, 32],
      ['q4_0', 4, 32],
      ['q4_1', 4, 32],
      ['q5_0', 8, 32],
      ['q5_1', 8, 32],
      ['q2_k', 4, 16],
      ['q3_k', 4, 16],
      ['q4_k', 4, 32],
      ['q5_k', 8, 32],
      ['q6_k', 8, 16],
      ['iq4_nl', 8, 32],
      ['iq4_xs', 8, 32],
    ]);
  });
});
