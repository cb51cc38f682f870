/**
 * Milliseconds of a pass by its number of tokens, T(n) of a target and c of a drafter, for several models in turns, so
 * that other load meets all alike: `npx tsx bench/pass-times.ts [--threads 1] [--rounds 20] MODEL...`. Models are names
 * or folders. Prints the median and, as what an idle machine would show, the 10th percentile.
 */
import { parseArgs } from 'node:util';
import { createRealScheduler } from '../infra/clock/real-scheduler.js';
import { compileModelStoreOptions } from '../infra/config/model-store-options.js';
import { resolveModel } from '../infra/models/model-folder.js';
import { loadOnnxModel } from '../infra/onnx/loaded-model.js';
import { forward } from '../src/core/forward.js';
import type { LoadedModel } from '../src/core/model.js';
import { quantile } from '../src/core/statistics.js';
import { measured } from './lib/measured.js';
import { openWithPast, PAST_TOKENS, somethingToRead } from './lib/passes.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '20' },
  },
});
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16];
/** To `npm run bench`. */
const REPORTED = [1, 5, 16];
/** In a row for each model and size, as a worker of its own runs them. */
const PASSES = 5;
const CAPACITY = 255;

const models: LoadedModel[] = [];
for (const name of positionals) models.push(await load(name));
/** By model, by size. */
const times = models.map(() => new Map<number, number[]>(SIZES.map((size) => [size, []])));
const sequences = await Promise.all(models.map((model) => openWithPast(model, CAPACITY)));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [index, sequence] of sequences.entries()) {
    for (const size of SIZES) {
      for (let pass = 0; pass <= PASSES; pass++) {
        const { forwardMs } = await forward(sequence, somethingToRead(size), size);
        sequence.crop(PAST_TOKENS);
        // The first finds its weights thrown out of the processor's caches by the model before.
        if (pass > 0) times[index]?.get(size)?.push(forwardMs);
      }
    }
  }
}
console.log(
  `ms of a pass after ${PAST_TOKENS} tokens with ${values.threads} thread(s): median (10th percentile)`,
);
console.log(['model'.padEnd(24), ...SIZES.map((size) => `n = ${size}`.padEnd(14))].join(''));
for (const [index, model] of models.entries()) {
  const cells = SIZES.map((size) => {
    const taken = times[index]?.get(size) ?? [];
    const leastMs = quantile(taken, 0.1);
    if (REPORTED.includes(size))
      measured(`${model.info.name}, ${size} tokens, 10th percentile`, leastMs, 'ms');
    return `${quantile(taken, 0.5).toFixed(2)} (${leastMs.toFixed(2)})`.padEnd(14);
  });
  console.log([model.info.name.slice(-22).padEnd(24), ...cells].join(''));
}
for (const sequence of sequences) sequence.close();
await Promise.all(models.map((model) => model.close()));

async function load(name: string): Promise<LoadedModel> {
  const resolved = await resolveModel(name, compileModelStoreOptions({}));
  if (resolved.kind !== 'onnx') throw new Error(`${name} has no weights`);
  return loadOnnxModel({
    path: resolved.modelPath,
    name,
    tokenizerHash: 'bench',
    contextTokens: CAPACITY,
    threads: Number(values.threads),
    slots: 1,
    scheduler: createRealScheduler(),
  });
}
