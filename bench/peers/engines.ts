/**
 * Slipstream and what people use otherwise, on the same weights, prompts and cores, in turns: `npx tsx
 * bench/peers/engines.ts [--prompts 4] [--from 0] [--rounds 3] [--tokens 128] [--lookahead 2 --lookahead 4]
 * [--only dsi --only llama.cpp] [--prompt-folder FOLDER] [--llama-draft FILE.gguf] [--quiet 0.1] [--out FOLDER [--add]]`.
 * `--prompts` counts per set. Prints one table; `--out` also writes peers.json, peers.txt and peers.svg, and `--add`
 * goes on from the samples of the peers.json that is there. With `--quiet` the table leaves out the texts during which
 * other programs kept more cores busy than that. How to read it: docs/performance.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileModelStoreOptions } from '../../infra/config/model-store-options.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { renderFigure } from '../../infra/plot/render-figure.js';
import { errorMessage } from '../../src/core/errors.js';
import { smollm2Source } from '../lib/smollm2-source.js';
import { type Contender, contenders, PLAIN } from './contenders.js';
import { type MeasuredDecoding, PeerProcess } from './peer-process.js';
import { type BenchPrompt, BUNDLED_PROMPTS, readPromptSets } from './prompt-sets.js';
import { reportFigure, reportText } from './report.js';
import { type Results, resultsSchema, type Sample } from './sample.js';

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '4' },
    from: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '128' },
    lookahead: { type: 'string', multiple: true, default: ['2', '3', '4', '6'] },
    only: { type: 'string', multiple: true },
    'prompt-folder': { type: 'string', default: BUNDLED_PROMPTS },
    'llama-draft': { type: 'string' },
    quiet: { type: 'string', default: 'Infinity' },
    out: { type: 'string' },
    add: { type: 'boolean', default: false },
  },
});
/** In the first texts processes compile their code, and plans are made. */
const WARM_UP_TOKENS = 48;

const tokens = wholeNumber('tokens', 2, 512);
const gguf = await smollm2Source();
const model = await resolveModel('smollm2', compileModelStoreOptions({}));
if (model.kind !== 'onnx') throw new Error('smollm2 is a model folder');
const prompts = readPromptSets(
  values['prompt-folder'],
  wholeNumber('from', 0, 1000),
  wholeNumber('prompts', 1, 1000),
  model.loadTokenizer(),
);
const [firstPrompt] = prompts;
if (firstPrompt === undefined) throw new Error(`--from is ${values.from}: there are not so many prompts`);
const all = contenders(gguf, model.folder, values.lookahead.map(Number), values['llama-draft']);
const unknown = values.only?.filter((name) => all.every((one) => one.name !== name)) ?? [];
if (unknown.length > 0)
  throw new Error(`--only is ${unknown.join(', ')}: must be of ${all.map(({ name }) => name).join('; ')}`);

const results: Results = earlierResults() ?? { machine: machine(), tokens, samples: [], failures: {} };
/** By the JSON of how they were opened. */
const processes = new Map<string, PeerProcess>();
try {
  const racing: Contender[] = [];
  for (const contender of all.filter(({ name }) => values.only?.includes(name) ?? true))
    if (await isUp(contender)) racing.push(contender);
  for (const contender of racing) await decode(contender, firstPrompt, WARM_UP_TOKENS);
  process.stderr.write('measuring\n');
  for (let round = 0; round < wholeNumber('rounds', 1, 100); round++)
    for (const [index, prompt] of prompts.entries()) {
      // Who follows whom changes from turn to turn.
      const start = (round + index) % racing.length;
      const order = [...racing.slice(start), ...racing.slice(0, start)];
      results.samples.push(...(await takeTurn(order, prompt)));
      process.stderr.write(`round ${round + 1}: ${prompt.name}\n`);
    }
} finally {
  await Promise.all([...processes.values()].map((peer) => peer.close()));
}
const names = all.map(({ name }) => name);
const counted = quietOnly(results, Number(values.quiet));
const text = reportText(counted, names);
process.stdout.write(text);
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'peers.json'), `${JSON.stringify(results)}\n`);
  writeFileSync(join(values.out, 'peers.txt'), text);
  writeFileSync(join(values.out, 'peers.svg'), renderFigure(reportFigure(counted, names)));
}

function quietOnly(everything: Results, mostForeignCores: number): Results {
  const samples = everything.samples.filter(({ foreignCores }) => foreignCores <= mostForeignCores);
  return { ...everything, samples };
}

async function isUp({ name, opening }: Contender): Promise<boolean> {
  const key = JSON.stringify(opening);
  try {
    if (!processes.has(key)) processes.set(key, await PeerProcess.open(opening));
    delete results.failures[name];
    return true;
  } catch (error) {
    results.failures[name] = errorMessage(error);
    process.stderr.write(`${name}: ${errorMessage(error)}\n`);
    return false;
  }
}

function decode({ opening, request }: Contender, { ids }: BenchPrompt, count: number) {
  const peer = processes.get(JSON.stringify(opening));
  if (peer === undefined) throw new Error(`${opening.kind} is not open`);
  return peer.decode({ ...request, ids: [...ids], tokens: count });
}

async function takeTurn(order: readonly Contender[], prompt: BenchPrompt): Promise<Sample[]> {
  const decoded = new Map<string, MeasuredDecoding>();
  for (const contender of order) decoded.set(contender.name, await decode(contender, prompt, tokens));
  const plain = decoded.get(PLAIN)?.ids.join();
  const turn = `${prompt.name} ${new Date().toISOString()}`;
  return [...decoded].map(([contender, one]) => ({
    contender,
    set: prompt.set,
    prompt: prompt.name,
    turn,
    tokensPerSecond: (1000 * (one.ids.length - 1)) / one.decodeMs,
    firstTokenMs: one.firstTokenMs,
    processorMsPerToken: one.processorMs / one.ids.length,
    foreignCores: one.foreignCores,
    accepted: one.accepted,
    decided: one.decided,
    asPlain: one.ids.join() === plain,
    breakdown: one.breakdown,
  }));
}

function earlierResults(): Results | undefined {
  if (!values.add) return undefined;
  if (values.out === undefined) throw new Error('--add needs --out');
  const path = join(values.out, 'peers.json');
  if (!existsSync(path)) return undefined;
  const earlier = resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  if (earlier.tokens !== tokens) throw new Error(`--tokens is ${tokens}: ${path} has ${earlier.tokens}`);
  return earlier;
}

function wholeNumber(name: 'prompts' | 'from' | 'rounds' | 'tokens', least: number, most: number): number {
  const value = Number(values[name]);
  if (!(Number.isInteger(value) && value >= least && value <= most))
    throw new Error(`--${name} is ${values[name]}: must be ${least}..${most}`);
  return value;
}

function machine(): string {
  return `${cpus()[0]?.model.trim() || arch()}, ${availableParallelism()} cores, Node ${process.version}`;
}
