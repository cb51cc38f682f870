/**
 * Where a target's time goes that is not its model: `npx tsx bench/hot-path.ts [--model smollm2] [--drafter ngram]
 * [--mode dsi] [--targets 1] [--threads 1] [--tokens 128] [--runs 4] [--warm-up 1] [--temperature 0] [--top 12]`.
 * Every worker is profiled during the counted generations. Prints, per model process, the shares of `run` (what
 * onnxruntime and its binding take), of JavaScript and of waiting, and what takes most outside `run`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileEngineOptions } from '../infra/config/engine-options.js';
import { createEngine } from '../src/app/engine.js';
import { RunRecorder } from '../src/app/experiments/measure-run.js';
import type { RequestMode } from '../src/core/generation.js';
import { silentLogger } from '../src/core/logger.js';
import { mean } from '../src/core/statistics.js';
import { type ProcessTime, readProfiles } from './lib/cpu-profile.js';
import { measured } from './lib/measured.js';
import { processorTimes } from './lib/processor-time.js';

/** Each sample halts the process: with one every 200 us, what is not the model took more than twice its time. */
const SAMPLE_MICROSECONDS = 4000;
const CONTENT = 'Explain how a hash table works, then write one in Python.';
/** The built-in models know no chat: they go on from this. */
const STORY = 'The old house stood at the end of the lane, and nobody had lived there for';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2' },
    drafter: { type: 'string', default: 'ngram' },
    mode: { type: 'string', default: 'dsi' },
    targets: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    tokens: { type: 'string', default: '128' },
    runs: { type: 'string', default: '4' },
    'warm-up': { type: 'string', default: '1' },
    temperature: { type: 'string', default: '0' },
    top: { type: 'string', default: '12' },
  },
});

const mode = values.mode as Exclude<RequestMode, 'auto'>;
const maxTokens = Number(values.tokens);
const folder = mkdtempSync(join(tmpdir(), 'slipstream-hot-path-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true });
}

async function run(): Promise<void> {
  // Children inherit these; this process is running already.
  process.env.NODE_OPTIONS = `--import ${new URL('./lib/profile-worker.mjs', import.meta.url)}`;
  process.env.HOT_PATH_PROFILES = folder;
  process.env.HOT_PATH_INTERVAL_US = String(SAMPLE_MICROSECONDS);
  const recorder = new RunRecorder();
  const engine = await createEngine(
    compileEngineOptions({
      model: values.model,
      drafter: values.drafter,
      targets: Number(values.targets),
      threads: Number(values.threads),
    }),
    { logger: silentLogger, trace: recorder.sink },
  );
  let fromMicroseconds = 0;
  let before = processorTimes();
  let passes = 0;
  let tokens = 0;
  for (let i = -Number(values['warm-up']); i < Number(values.runs); i++) {
    if (i === 0) {
      fromMicroseconds = monotonicMicroseconds();
      before = processorTimes();
    }
    const { result, tokenIds, ms } = await recorder.measure(
      engine,
      {
        ...(values.model === 'fable'
          ? { prompt: STORY }
          : { messages: [{ role: 'user', content: CONTENT }] }),
        mode,
        maxTokens,
        seed: 1,
        temperature: Number(values.temperature),
      },
      new AbortController().signal,
    );
    if (i < 0) continue;
    passes += result.speculation.targetForwards;
    tokens += tokenIds.length;
    console.log(`${mode}: ${tokenIds.length} tokens, ${((1000 * tokenIds.length) / ms).toFixed(1)} tokens/s`);
  }
  const toMicroseconds = monotonicMicroseconds();
  const gatewayMs = (processorTimes().get('gateway') ?? 0) - (before.get('gateway') ?? 0);
  await engine.close();
  measured('gateway', gatewayMs / tokens, 'ms of a core per token');
  console.log(
    `${passes} passes of targets; gateway ${(gatewayMs / tokens).toFixed(2)} ms of a core per token`,
  );
  const times = readProfiles(folder, fromMicroseconds, toMicroseconds);
  for (const time of times) print(time, passes);
  const workMs = mean(times.map(({ runMs, scriptMs }) => runMs + scriptMs));
  measured('not the model', (100 * mean(times.map(({ scriptMs }) => scriptMs))) / workMs, '% of the work');
}

function print({ process, runMs, scriptMs, idleMs, parts }: ProcessTime, passes: number): void {
  const all = runMs + scriptMs + idleMs;
  const share = (ms: number) => `${((100 * ms) / all).toFixed(1)} %`;
  console.log(
    `\nprocess ${process}: run ${share(runMs)}, JavaScript ${share(scriptMs)}, waiting ${share(idleMs)}; ` +
      `${((100 * scriptMs) / (runMs + scriptMs)).toFixed(2)} % of its work is not run`,
  );
  for (const { name, ms } of parts.slice(0, Number(values.top)))
    console.log(`  ${(ms / passes).toFixed(3)} ms a pass  ${name}`);
}

/** The clock of V8's profiles. */
function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
