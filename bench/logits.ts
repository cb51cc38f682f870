/**
 * Is the built-in target the model that was trained? `npx tsx bench/logits.ts EXPORT REFERENCE [--bundle
 * models/fable/target]`. EXPORT is the Hugging Face folder in floats, REFERENCE what `slipstream_train.reference_logits`
 * made of it. Logits of its fp32 import must equal PyTorch's to 1e-3; imports of the bundle, in blocks and as this machine
 * does it by default, must choose the same next token in 97 % of the places; the tokenizer must give the same ids. Exits
 * with 1 when it is not so.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULT_IMPORT_WEIGHTS, type ImportWeights } from '../infra/models/import-weights.js';
import { loadTokenizer } from '../infra/models/load-tokenizer.js';
import { importCheckpoint } from '../infra/models/model-import.js';
import { openLogits } from './lib/logits-of.js';
import { FABLE_PROMPTS } from './lib/prompts.js';
import { readReference } from './lib/reference.js';

const MOST_DIFFERENCE = 1e-3;
const LEAST_AGREEMENT = 0.97;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bundle: { type: 'string', default: fileURLToPath(new URL('../models/fable/target', import.meta.url)) },
  },
});
const [exported, referencePath] = positionals;
if (exported === undefined || referencePath === undefined)
  throw new Error('usage: npx tsx bench/logits.ts EXPORT REFERENCE [--bundle FOLDER]');

const cacheFolder = mkdtempSync(join(tmpdir(), 'slipstream-logits-'));
try {
  const opened = async (path: string, weights: ImportWeights) =>
    openLogits((await importCheckpoint(path, { cacheFolder, weights })).folder);
  const full = await opened(exported, 'f32');
  const bundles = await Promise.all(
    (['blockwise', DEFAULT_IMPORT_WEIGHTS] as const).map(async (weights) => ({
      weights,
      source: await opened(values.bundle, weights),
      sameChoice: 0,
    })),
  );
  const tokenizer = loadTokenizer(values.bundle);
  const lines = readFileSync(FABLE_PROMPTS, 'utf8').split('\n');
  const texts = readReference(referencePath);
  let positions = 0;
  let difference = 0;
  let largest = 0;
  let sameIds = 0;
  for (const { line, ids, logits } of texts) {
    if (tokenizer.encode(lines[line] ?? '').join() === ids.join()) sameIds++;
    const ours = await full.logits(ids);
    positions += logits.length;
    for (const [at, expected] of logits.entries()) {
      for (const [id, logit] of expected.entries()) {
        difference = Math.max(difference, Math.abs(logit - (ours[at]?.[id] ?? Number.NaN)));
        largest = Math.max(largest, Math.abs(logit));
      }
    }
    for (const bundle of bundles) {
      for (const [at, row] of (await bundle.source.logits(ids)).entries())
        if (likeliest(row) === likeliest(logits[at] ?? [])) bundle.sameChoice++;
    }
  }
  await Promise.all([full, ...bundles.map(({ source }) => source)].map((source) => source.close()));
  console.log(`${texts.length} texts, ${positions} positions; token ids equal in ${sameIds} texts`);
  console.log(
    `fp32 graph against PyTorch: logits differ by ${difference.toExponential(1)} at most (largest logit ${largest.toFixed(1)})`,
  );
  let isSo = difference <= MOST_DIFFERENCE && sameIds === texts.length;
  for (const { weights, sameChoice } of bundles) {
    console.log(`${weights}: same next token as PyTorch in ${((100 * sameChoice) / positions).toFixed(1)} %`);
    isSo &&= sameChoice >= LEAST_AGREEMENT * positions;
  }
  process.exitCode = isSo ? 0 : 1;
} finally {
  rmSync(cacheFolder, { recursive: true });
}

function likeliest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}
