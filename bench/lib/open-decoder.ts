import { Decoder } from '../../infra/onnx/decoder.js';
import { inspectDecoderGraph } from '../../infra/onnx/decoder-graph-info.js';
import { findKvKind } from '../../infra/onnx/kv-kind.js';
import { readModelFiles } from '../../infra/onnx/model-files.js';
import { createSession } from '../../infra/onnx/runtime.js';

/** A decoder without all that serves requests, on `threads` threads of the CPU. */
export async function openDecoder(folder: string, threads = 1): Promise<Decoder> {
  const { model, path } = await readModelFiles(folder);
  const info = inspectDecoderGraph(model, path, 'target');
  const session = await createSession(path, { threads, provider: 'cpu' });
  return new Decoder(session, info, await findKvKind(session, info));
}
