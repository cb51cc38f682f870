import type { WeightFormat } from '../../src/core/checkpoint.js';

/** ggml type number -> the formats that are read. */
const supported: ReadonlyMap<number, WeightFormat> = new Map([
  [0, 'f32'],
  [1, 'f16'],
  [30, 'bf16'],
  [8, 'q8_0'],
  [2, 'q4_0'],
  [3, 'q4_1'],
  [6, 'q5_0'],
  [7, 'q5_1'],
  [10, 'q2_k'],
  [11, 'q3_k'],
  [12, 'q4_k'],
  [13, 'q5_k'],
  [14, 'q6_k'],
  [20, 'iq4_nl'],
  [23, 'iq4_xs'],
]);

/** ggml type numbers, to name in an error what cannot be imported. */
const names: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

export const supportedQuantisations = [...supported.values()].map(nameOf).join(', ');

export function tensorFormat(code: number): WeightFormat | undefined {
  return supported.get(code);
}

export function tensorTypeName(code: number): string {
  const format = supported.get(code);
  return format === undefined ? (names.get(code) ?? `type ${code}`) : nameOf(format);
}

function nameOf(format: WeightFormat): string {
  return format.toUpperCase();
}
