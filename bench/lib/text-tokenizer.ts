import { compileModelStoreOptions } from '../../infra/config/model-store-options.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

/** The tokenizer of a model of text, by its name or folder. */
export async function textTokenizer(name: string): Promise<Tokenizer> {
  const model = await resolveModel(name, compileModelStoreOptions({}));
  if (model.kind !== 'onnx') throw new Error(`${name} is no model of text`);
  return model.loadTokenizer();
}
