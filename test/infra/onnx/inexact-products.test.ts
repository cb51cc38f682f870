import { expect, it } from 'vitest';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { modelFolder, openModel } from './open-model.js';

const folder = modelFolder();
const productsAreExact = () => Promise.resolve(false);

it('int8 rows made elsewhere are refused where products are not exact; blocks are not', async () => {
  await writeTinyModelFolder(folder('rows'), { weights: 'rowwise' });
  await expect(openModel(folder('rows'), { productsAreExact })).rejects.toThrow(
    /model.onnx: its int8 rows need exact 8-bit products.* import it with --weights blockwise$/,
  );
  await writeTinyModelFolder(folder('blocks'), { weights: 'q8' });
  await (await openModel(folder('blocks'), { productsAreExact })).close();
});
