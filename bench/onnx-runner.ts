/**
 * What a pass of an ONNX model costs by its number of tokens, and what our runner adds to a bare onnxruntime loop:
 * `npx tsx bench/onnx-runner.ts MODEL_FOLDER [THREADS]`. The model must be one that was built here.
 */
import { join } from 'node:path';
import { createRealScheduler } from '../infra/clock/real-scheduler.js';
import { type DecoderGraphInfo, inspectDecoderGraph } from '../infra/onnx/decoder-graph-info.js';
import { loadOnnxModel } from '../infra/onnx/loaded-model.js';
import { readModelFiles } from '../infra/onnx/model-files.js';
import { createSession, type InferenceSession, Tensor } from '../infra/onnx/runtime.js';
import { forward } from '../src/core/forward.js';
import type { LoadedModel } from '../src/core/model.js';
import { measured } from './lib/measured.js';
import { openWithPast, PAST_TOKENS, somethingToRead } from './lib/passes.js';

const DECODED_TOKENS = 40;
const ROUNDS = 5;
const CAPACITY = 256;
const SIZES = [1, 2, 3, 5, 9, 16, 32];

const [folder, threads = '1'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: npx tsx bench/onnx-runner.ts MODEL_FOLDER [THREADS]');
const files = await readModelFiles(folder);
const graph = inspectDecoderGraph(files.model, files.path, 'target');
if (!graph.builtHere) throw new Error(`${join(folder, 'model.onnx')} was not built here`);

const model = await loadOnnxModel({
  path: folder,
  name: folder,
  tokenizerHash: 'bench',
  contextTokens: CAPACITY,
  threads: Number(threads),
  slots: 1,
  scheduler: createRealScheduler(),
});
const session = await createSession(files.path, { threads: Number(threads), provider: 'cpu' });

console.log(`${model.info.numerics} numerics, chunks of up to ${model.info.maxChunkTokens} tokens`);
console.log(`median ms of a pass after ${PAST_TOKENS} tokens, all next tokens picked:`);
for (const size of SIZES.filter((tokens) => tokens <= model.info.maxChunkTokens)) {
  const ms = await passTime(model, size);
  measured(`pass over ${size} tokens`, ms, 'ms');
  console.log(`  ${String(size).padStart(3)} tokens ${ms.toFixed(2).padStart(8)}`);
}

/** The fastest round of each, taken in turns, so that other load meets all alike. */
const best = {
  bare: Number.POSITIVE_INFINITY,
  padded: Number.POSITIVE_INFINITY,
  runner: Number.POSITIVE_INFINITY,
};
for (let round = 0; round < ROUNDS; round++) {
  best.bare = Math.min(best.bare, await decodeBare(session, graph, 1));
  best.padded = Math.min(best.padded, await decodeBare(session, graph, 2));
  best.runner = Math.min(best.runner, await decodeRunner(model));
}
measured('greedy decoding, share of a bare padded loop', best.runner / best.padded, 'times its ms');
measured('greedy decoding, share of a bare loop of single tokens', best.runner / best.bare, 'times its ms');
console.log('greedy decoding, ms per token:');
console.log(`  bare onnxruntime, one token a pass    ${best.bare.toFixed(2)}`);
console.log(`  bare onnxruntime, padded to two       ${best.padded.toFixed(2)}`);
console.log(`  this runner                           ${best.runner.toFixed(2)}`);
console.log(
  `  runner over bare: ${(best.runner / best.bare).toFixed(3)}, over padded: ${(best.runner / best.padded).toFixed(3)}`,
);
await session.release();
await model.close();

async function passTime(loaded: LoadedModel, size: number): Promise<number> {
  const sequence = await openWithPast(loaded, CAPACITY - 1);
  const times: number[] = [];
  for (let repeat = 0; repeat < 9; repeat++) {
    times.push((await forward(sequence, somethingToRead(size), size)).forwardMs);
    sequence.crop(PAST_TOKENS);
  }
  sequence.close();
  return times.sort((a, b) => a - b)[4] as number;
}

async function decodeRunner(loaded: LoadedModel): Promise<number> {
  const sequence = await openWithPast(loaded, CAPACITY - 1);
  let token = 1;
  const startedAt = performance.now();
  for (let i = 0; i < DECODED_TOKENS; i++)
    token = (await forward(sequence, [token], 1)).tokenIds[0] as number;
  const ms = (performance.now() - startedAt) / DECODED_TOKENS;
  sequence.close();
  return ms;
}

/** The least that a decoding loop must do: run, keep the new rows, take the likeliest token. */
async function decodeBare(ort: InferenceSession, info: DecoderGraphInfo, slots: 1 | 2): Promise<number> {
  const { kvHeads, headSize } = info;
  const past = ort.inputNames.filter((name) => name.startsWith('past_key_values.'));
  const feeds: Record<string, Tensor> = {};
  for (const name of past)
    feeds[name] = new Tensor('float32', new Float32Array(kvHeads * CAPACITY * headSize), [
      1,
      kvHeads,
      CAPACITY,
      headSize,
    ]);
  feeds.logits_rows = new Tensor('int64', BigInt64Array.of(0n, 1n).subarray(0, slots), [slots]);
  let token = 1;
  const startedAt = performance.now();
  for (let i = 0; i < DECODED_TOKENS; i++) {
    const length = PAST_TOKENS + i;
    feeds.input_ids = new Tensor('int64', BigInt64Array.of(BigInt(token), 0n).subarray(0, slots), [1, slots]);
    feeds.attention_mask = new Tensor('int64', new BigInt64Array(length + slots).fill(1n), [
      1,
      length + slots,
    ]);
    const outputs = await ort.run(feeds, ['top_ids', 'present']);
    const fresh = outputs.present?.data as Float32Array;
    past.forEach((name, index) => {
      const kept = feeds[name]?.data as Float32Array;
      for (let head = 0; head < kvHeads; head++) {
        const from = (index * kvHeads + head) * slots * headSize;
        kept.set(fresh.subarray(from, from + headSize), (head * CAPACITY + length) * headSize);
      }
    });
    const likeliest = outputs.top_ids?.data as BigInt64Array;
    token = Number(likeliest[0]);
  }
  return (performance.now() - startedAt) / DECODED_TOKENS;
}
