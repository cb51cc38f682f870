import { Decoder } from '../../infra/onnx/decoder.js';
import { inspectDecoderGraph } from '../../infra/onnx/decoder-graph-info.js';
import { findKvKind } from '../../infra/onnx/kv-kind.js';
import { readModelFiles } from '../../infra/onnx/model-files.js';
import { ProbePath } from '../../infra/onnx/probe-path.js';
import { createSession } from '../../infra/onnx/runtime.js';

export interface LogitsSource {
  /** The logits after each token of a text, read from its beginning. */
  logits(ids: readonly number[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Opens a model's folder as a target would, with one thread. */
export async function openLogits(folder: string): Promise<LogitsSource> {
  const files = await readModelFiles(folder);
  const graph = inspectDecoderGraph(files.model, files.path, 'target');
  const session = await createSession(files.path, { threads: 1, provider: 'cpu' });
  const decoder = new Decoder(session, graph, await findKvKind(session, graph));
  return {
    logits: async (ids) => {
      const path = new ProbePath(decoder);
      // Rows are views of buffers that the next pass fills anew.
      const rows = (await path.feed(ids, 2)).map((row) => row.slice());
      path.close();
      return rows;
    },
    close: () => decoder.release(),
  };
}
