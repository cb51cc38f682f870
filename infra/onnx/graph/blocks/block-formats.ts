import type { BlockFormat, WeightFormat } from '../../../../src/core/checkpoint.js';
import type { BlockLayout } from './block-layout.js';
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './k-blocks.js';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './simple-blocks.js';
import { iq4_nl, iq4_xs } from './table-blocks.js';

export const BLOCK_LAYOUTS: Readonly<Record<BlockFormat, BlockLayout>> = {
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs,
};

const NUMBER_BYTES = { f32: 4, f16: 2, bf16: 2 } as const;

export function isBlockFormat(format: WeightFormat): format is BlockFormat {
  return format in BLOCK_LAYOUTS;
}

/** The smallest piece of a row that can be stored: weights and bytes of a block, or of one number. */
export function smallestPiece(format: WeightFormat): { readonly weights: number; readonly bytes: number } {
  return isBlockFormat(format) ? BLOCK_LAYOUTS[format] : { weights: 1, bytes: NUMBER_BYTES[format] };
}
