import '../../infra/onnx/without-telemetry.js';
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { inspectDecoderGraph } from '../../infra/onnx/decoder-graph-info.js';
import { readModelFiles } from '../../infra/onnx/model-files.js';
import { type Peer, TokenTimes } from './peer.js';

const CAPACITY = 1024;

/** The least that a decoding loop on our graph must do: run, keep the new rows, take the likeliest token. */
export async function openOnnxruntime(folder: string): Promise<Peer> {
  const { model, path } = await readModelFiles(folder);
  const { kvHeads, headSize } = inspectDecoderGraph(model, path, 'target');
  const session = await InferenceSession.create(path, {
    intraOpNumThreads: availableParallelism(),
    logSeverityLevel: 3,
  });
  const names = session.inputNames.filter((name) => name.startsWith('past_key_values.'));
  const shape = [1, kvHeads, CAPACITY, headSize];
  const past: Record<string, Tensor> = {};
  for (const name of names)
    past[name] = new Tensor('float32', new Float32Array(kvHeads * CAPACITY * headSize), shape);

  const pass = async (tokens: readonly number[], length: number): Promise<number> => {
    const total = length + tokens.length;
    if (total > CAPACITY) throw new Error(`the text is longer than ${CAPACITY} tokens`);
    const outputs = await session.run(
      {
        ...past,
        input_ids: int64(tokens, [1, tokens.length]),
        attention_mask: new Tensor('int64', new BigInt64Array(total).fill(1n), [1, total]),
        logits_rows: int64([tokens.length - 1], [1]),
      },
      ['top_ids', 'present'],
    );
    const fresh = outputs.present?.data as Float32Array;
    const rows = tokens.length * headSize;
    names.forEach((name, index) => {
      const kept = past[name]?.data as Float32Array;
      for (let head = 0; head < kvHeads; head++) {
        const from = (index * kvHeads + head) * rows;
        kept.set(fresh.subarray(from, from + rows), (head * CAPACITY + length) * headSize);
      }
    });
    const likeliest = outputs.top_ids?.data as BigInt64Array;
    return Number(likeliest[0]);
  };
  return {
    decode: async ({ ids, tokens }) => {
      const times = new TokenTimes();
      let length = ids.length;
      let token = await pass(ids, 0);
      times.push(token);
      while (times.count < tokens) {
        token = await pass([token], length++);
        times.push(token);
      }
      return times.finish();
    },
    close: () => session.release(),
  };
}

function int64(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
}
