import { Decoder } from '../../infra/onnx/decoder.js';
import { inspectDecoderGraph } from '../../infra/onnx/decoder-graph-info.js';
import { readModelFiles } from '../../infra/onnx/model-files.js';
import { createSession } from '../../infra/onnx/runtime.js';

/** The logits after each of `tokens`, of a model's folder, in two passes. */
export async function passLogits(folder: string, tokens: readonly number[]): Promise<Float32Array[]> {
  const { model, path } = await readModelFiles(folder);
  const session = await createSession(path, { threads: 1, provider: 'cpu' });
  const decoder = new Decoder(session, inspectDecoderGraph(model, path, 'target'), 'rows');
  const store = decoder.openStore();
  const first = await decoder.pass(store, tokens.slice(0, 7), 0, 7, 2);
  const rest = await decoder.pass(store, tokens.slice(7), 7, tokens.length - 7, 2);
  await decoder.release();
  return [...first, ...rest];
}
