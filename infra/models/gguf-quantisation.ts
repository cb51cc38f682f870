import type { WeightFormat } from '../../src/core/checkpoint.js';

interface TensorType {
  readonly format: WeightFormat;
  /** Elements per block along a row. */
  readonly blockElements: number;
  readonly blockBytes: number;
}

/** ggml type number -> the formats that can be carried over without changing a weight. */
const supported: ReadonlyMap<number, TensorType> = new Map([
  [0, { format: 'f32', blockElements: 1, blockBytes: 4 }],
  [1, { format: 'f16', blockElements: 1, blockBytes: 2 }],
  [2, { format: 'q4_0', blockElements: 32, blockBytes: 18 }],
  [3, { format: 'q4_1', blockElements: 32, blockBytes: 20 }],
  [8, { format: 'q8_0', blockElements: 32, blockBytes: 34 }],
]);

/** ggml type numbers, to name in an error what cannot be imported. */
const names: ReadonlyMap<number, string> = new Map([
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [30, 'BF16'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

export const supportedQuantisations = 'F32, F16, Q8_0, Q4_0, Q4_1';

export function tensorType(code: number): TensorType | undefined {
  return supported.get(code);
}

export function tensorTypeName(code: number): string {
  return supported.get(code)?.format.toUpperCase() ?? names.get(code) ?? `type ${code}`;
}
