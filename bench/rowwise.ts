/**
 * Int8 rows against blocks against fp32 of the same weights: `npx tsx bench/rowwise.ts [FILE_OR_FOLDER] [--rounds 25]
 * [--code HUMANEVAL.jsonl --chat MT_BENCH.jsonl --prose TEXT] [--texts 4]`. Prints what an import takes, T(n) on one core,
 * whether passes of any size give the same bits, and with the three files how close predictions are. SmolLM2 is
 * taken where nothing is named.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openModelFolder } from '../infra/models/model-folder.js';
import { importCheckpoint } from '../infra/models/model-import.js';
import type { Decoder } from '../infra/onnx/decoder.js';
import { compareChunkings } from './lib/chunkings.js';
import { measured } from './lib/measured.js';
import { openDecoder } from './lib/open-decoder.js';
import { passTimes } from './lib/pass-times.js';
import { compareQuality } from './lib/quality.js';
import { qualityTexts } from './lib/quality-texts.js';
import { smollm2Source } from './lib/smollm2-source.js';

const FORMS = ['f32', 'blockwise', 'rowwise'] as const;
const SIZES = [1, 2, 3, 5, 9, 16, 64];
const CHUNKS = [1, 2, 3, 5, 7, 16, 33, 64, 65];
const PASTS = [1, 31, 64, 127, 255, 256];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '25' },
    texts: { type: 'string', default: '4' },
    code: { type: 'string' },
    chat: { type: 'string' },
    prose: { type: 'string' },
  },
});
const source = positionals[0] ?? (await smollm2Source());
const cacheFolder = mkdtempSync(join(tmpdir(), 'slipstream-rowwise-'));
try {
  await run();
} finally {
  rmSync(cacheFolder, { recursive: true });
}

async function run(): Promise<void> {
  const decoders = new Map<(typeof FORMS)[number], Decoder>();
  let folder = '';
  for (const weights of FORMS) {
    const startedAt = performance.now();
    const processorAt = process.cpuUsage();
    ({ folder } = await importCheckpoint(source, { cacheFolder, weights }));
    const seconds = (performance.now() - startedAt) / 1000;
    const processor = process.cpuUsage(processorAt).user / 1e6;
    console.log(`import ${weights}: ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of a core`);
    decoders.set(weights, await openDecoder(folder));
  }
  const model = openModelFolder('bench', folder);
  const reference = decoders.get('f32') as Decoder;

  console.log(
    `\nT(n) after 64 tokens on one core, least ms of ${values.rounds} rounds (over T(1), median of rounds)`,
  );
  const times = await passTimes([...decoders.values()], SIZES, Number(values.rounds));
  for (const [j, form] of FORMS.entries()) {
    const cells = times[j]?.map(
      ({ tokens, leastMs, overFirst }) => `${tokens}: ${leastMs.toFixed(1)} (${overFirst.toFixed(2)})`,
    );
    const perToken = (times[j]?.at(-1)?.leastMs ?? 0) / (SIZES.at(-1) ?? 1);
    for (const { tokens, leastMs, overFirst } of times[j] ?? []) {
      if (tokens === 1) measured(`${form}, 1 token, least`, leastMs, 'ms');
      if (tokens === 16) measured(`${form}, 16 tokens`, overFirst, 'times 1 token');
    }
    measured(`${form}, prefill`, perToken, 'ms per token');
    console.log(`${form.padEnd(10)} ${cells?.join('  ')}  ${perToken.toFixed(2)} ms per token of prefill`);
  }

  console.log(`\npasses of ${CHUNKS.join(', ')} tokens after ${PASTS.join(', ')}, against passes of two`);
  for (const form of FORMS.slice(1)) {
    for (const padding of [1, 2] as const) {
      const { passes, rows, differing } = await compareChunkings(decoders.get(form) as Decoder, {
        vocabularySize: model.config.vocabularySize,
        sizes: CHUNKS,
        pasts: PASTS,
        padding,
      });
      const single = padding === 1 ? 'single tokens alone' : 'single tokens padded';
      console.log(`${form.padEnd(10)} ${single}: ${differing} of ${rows} rows differ in ${passes} passes`);
      if (differing === 0) break;
    }
  }

  const { code, chat, prose } = values;
  if (code === undefined || chat === undefined || prose === undefined) return;
  const texts = await qualityTexts(
    { code, chat, prose },
    Number(values.texts),
    model.loadTokenizer(),
    reference,
  );
  console.log('\nagainst fp32: mean KL in nats, same likeliest token, perplexity (of fp32)');
  for (const form of FORMS.slice(1)) {
    for (const [kind, some] of [...Object.entries(texts), ['all', Object.values(texts).flat()] as const]) {
      const q = await compareQuality(reference, decoders.get(form) as Decoder, some);
      console.log(
        `${form.padEnd(10)} ${kind.padEnd(6)} ${String(q.positions).padStart(5)} positions  KL ${q.meanKl.toFixed(4)}  ` +
          `${(100 * q.sameTop).toFixed(1)} %  ${q.perplexity.toFixed(3)} (${q.referencePerplexity.toFixed(3)}, ` +
          `${(100 * (q.perplexity / q.referencePerplexity - 1)).toFixed(1)} %)`,
      );
    }
  }
}
