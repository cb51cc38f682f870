import { ROWS_STORED_AS, type RowChoice } from '../../../infra/onnx/graph/build-options.js';
import { exactByteWeights } from '../../../infra/onnx/integer-products.js';

/** Rows whose products are exact on this processor, which tests of their numbers need. */
export async function exactRows(): Promise<RowChoice> {
  return ROWS_STORED_AS[(await exactByteWeights()) ?? 'uint8'];
}
