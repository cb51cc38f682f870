/**
 * How matrices are kept in the built model. Quantised blocks keep their weights (see blocksFromStored) unless all is fp32
 * or in rows.
 * - `stored`: f32, f16 and bf16 become fp32
 * - `f32`: everything fp32; blocks are dequantised
 * - `q8`: f32, f16 and bf16 are rounded to Q8_0 blocks of 32 where a row is a multiple of 32 long
 * - `q4`: likewise to Q4_0, embedding and output projection to Q8_0: the few weights that every token depends on
 * - `rowwise`: everything, blocks too, is rounded to int8 with a scale per output, between rotated vectors
 * - `rowwise-unsigned`: the same numbers stored as uint8, 128 more, which other kernels multiply
 */
export const WEIGHT_CHOICES = ['stored', 'f32', 'q8', 'q4', 'rowwise', 'rowwise-unsigned'] as const;
export type WeightChoice = (typeof WEIGHT_CHOICES)[number];
export type RowChoice = Extract<WeightChoice, `rowwise${string}`>;
export type BlockChoice = Exclude<WeightChoice, RowChoice>;

/** How 8-bit weights are stored. */
export type ByteType = 'int8' | 'uint8';

export const ROWS_STORED_AS: Readonly<Record<ByteType, RowChoice>> = {
  int8: 'rowwise',
  uint8: 'rowwise-unsigned',
};

export interface DecoderBuildOptions {
  /** Default `stored`. */
  readonly weights?: WeightChoice;
  /** Called between matrices with the share done, 0..1, the last time with 1. */
  readonly onProgress?: (share: number) => void;
}
