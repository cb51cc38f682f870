import type { RowChoice } from '../../../infra/onnx/graph/build-options.js';
import { exactByteWeights } from '../../../infra/onnx/integer-products.js';

/** Rows whose products are exact on this processor, which tests of their numbers need. */
export async function exactRows(): Promise<RowChoice> {
  return (await exactByteWeights()) === 'int8' ? 'rowwise' : 'rowwise-unsigned';
}
