/**
 * The short form of every benchmark, in turns: `npm run bench [-- --rounds 3] [--only sampler,pipeline] [--out FILE]`.
 * Prints one table and writes one JSON file, `bench-results.json` unless `--out` names another; how to read them:
 * docs/performance.md.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileModelStoreOptions } from '../infra/config/model-store-options.js';
import { resolveModel } from '../infra/models/model-folder.js';
import { textTable } from '../src/app/text-table.js';
import { median } from '../src/core/statistics.js';
import { type Measurement, measurementSchema } from './lib/measured.js';
import { findSmollm2Source } from './lib/smollm2-source.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    out: { type: 'string', default: 'bench-results.json' },
  },
});
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds >= 1))
  throw new Error(`--rounds is ${values.rounds}: must be 1 or more`);

const fable = await resolveModel('fable', compileModelStoreOptions({}));
if (fable.kind !== 'onnx') throw new Error('fable is a model folder');

/** A benchmark, and what makes it short. */
const BENCHMARKS: Readonly<Record<string, readonly string[]>> = {
  sampler: [],
  bus: [],
  simulator: [],
  planner: ['--quick', '--sample', '4'],
  'onnx-runner': [fable.folder],
  'pass-times': ['fable', 'fable-drafter', '--rounds', '5'],
  rowwise: ['--rounds', '3'],
  pipeline: ['--tokens', '200', '--seeds', '1', '--warm-up', '1'],
  lookup: ['--rounds', '1', '--tokens', '64'],
  'text-model': ['--rounds', '1', '--tokens', '64', '--prompts', '2', '--lookahead', '3', '--lookahead', '5'],
  acceptance: ['--prompts', '4', '--tokens', '64'],
  'hot-path': ['--model', 'fable', '--drafter', 'fable-drafter', '--temperature', '0.8', '--runs', '12'],
};
/** They would begin with a download where it is not here. */
const NEED_SMOLLM2 = ['rowwise', 'lookup'];

const names = values.only?.split(',') ?? Object.keys(BENCHMARKS);
const unknown = names.filter((name) => BENCHMARKS[name] === undefined);
if (unknown.length > 0)
  throw new Error(`--only names ${unknown.join(', ')}: must be of ${Object.keys(BENCHMARKS).join(', ')}`);
const skipped = findSmollm2Source() === undefined ? names.filter((name) => NEED_SMOLLM2.includes(name)) : [];
if (skipped.length > 0)
  process.stderr.write(
    `skipped: ${skipped.join(', ')}: SmolLM2 is not here; slipstream models pull smollm2\n`,
  );
const wanted = names.filter((name) => !skipped.includes(name));

const found = new Map<string, { readonly unit: string; readonly values: number[] }>();
for (let round = 0; round < rounds; round++) {
  for (const name of wanted) {
    process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
    for (const { name: what, value, unit } of await runBenchmark(name, BENCHMARKS[name] ?? [])) {
      const key = `${name}: ${what}`;
      const known = found.get(key) ?? { unit, values: [] };
      known.values.push(value);
      found.set(key, known);
    }
  }
}

const machine = `${cpus()[0]?.model.trim() || arch()}, ${availableParallelism()} cores, ${platform()} ${release()}, Node ${process.version}`;
const results = [...found].map(([name, { unit, values: all }]) => ({
  name,
  unit,
  median: median(all),
  least: Math.min(...all),
  most: Math.max(...all),
  values: all,
}));
writeFileSync(values.out, `${JSON.stringify({ machine, rounds, results }, undefined, 2)}\n`);
const rows = results.map((row) => [
  row.name,
  row.median.toPrecision(4),
  `${row.least.toPrecision(4)} .. ${row.most.toPrecision(4)}`,
  row.unit,
]);
process.stdout.write(
  `${machine}\n\n${textTable(['', 'median', 'least .. most', 'unit'], rows)}\nin ${values.out}\n`,
);

async function runBenchmark(name: string, args: readonly string[]): Promise<Measurement[]> {
  const child = fork(fileURLToPath(new URL(`${name}.ts`, import.meta.url)), args, {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const measurements: Measurement[] = [];
  child.on('message', (message) => measurements.push(measurementSchema.parse(message)));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`bench/${name}.ts ended with ${code}`);
  if (measurements.length === 0) throw new Error(`bench/${name}.ts measured nothing`);
  return measurements;
}
