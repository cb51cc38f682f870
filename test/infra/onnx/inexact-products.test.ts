import { expect, it } from 'vitest';
import type { ByteType } from '../../../infra/onnx/graph/build-options.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { modelFolder, openModel } from './open-model.js';

const folder = modelFolder();
const onlyUnsigned = (weights: ByteType) => Promise.resolve(weights === 'uint8');

it('rows made elsewhere are refused where products with their weights are not exact; others are not', async () => {
  await writeTinyModelFolder(folder('signed'), { weights: 'rowwise' });
  await expect(openModel(folder('signed'), { productsAreExact: onlyUnsigned })).rejects.toThrow(
    /model.onnx: its products with int8 weights are not exact on this processor: import it again here, with --weights auto$/,
  );
  for (const weights of ['rowwise-unsigned', 'q8'] as const) {
    await writeTinyModelFolder(folder(weights), { weights });
    await (await openModel(folder(weights), { productsAreExact: onlyUnsigned })).close();
  }
});
