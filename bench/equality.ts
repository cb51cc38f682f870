/**
 * none = si = dsi, token by token, over worker processes and a real nats-server: `npx tsx bench/equality.ts
 * [--prompts 200] [--tokens 128] [--every] [--model smollm2] [--prompt-file FILE]`. Without `--model` the target is a
 * random-weight ONNX decoder and a noisy copy of it drafts too. Drafters, temperatures 0 and 0.8, lookahead 1, 4, 8 and
 * 1 or 2 targets take turns over the prompts; `--every` runs all of them for each prompt. Exits with 1 when a text
 * differs, or when something that should have been put to the test was not.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine, GenerationRequest } from '../src/index.js';
import { PROMPTS } from '../test/models/prompts.js';
import { type Run, run } from '../test/process/run.js';
import { startWorkerFleet } from '../test/process/worker-fleet.js';
import { writeTinyModelFolder } from '../test/support/tiny-model.js';
import { type Cell, cellsFor } from './lib/equality-cells.js';
import { type ReplayHost, startReplayHost } from './lib/replay-host.js';

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '200' },
    tokens: { type: 'string', default: '128' },
    every: { type: 'boolean', default: false },
    model: { type: 'string' },
    'prompt-file': { type: 'string' },
  },
});
const promptCount = Number(values.prompts);
const maxTokens = Number(values.tokens);
/** Prompts under way at a time; a worker has four slots. */
const PARALLEL = 3;

interface Tally {
  runs: number;
  different: number;
  accepted: number;
  refuted: number;
  stale: number;
  onBothTargets: number;
}

interface Drafter {
  readonly name: string;
  readonly engine: Engine;
  readonly tallies: Readonly<Record<'si' | 'dsi', Tally>>;
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-equality-'));
const fleet = await startWorkerFleet();
const records = new Map<number, readonly number[]>();
const replays: ReplayHost[] = [];
try {
  const isTiny = values.model === undefined;
  const model = values.model ?? join(folder, 'target');
  const noisy = join(folder, 'noisy');
  if (isTiny) {
    await writeTinyModelFolder(model, { layers: 16 });
    await writeTinyModelFolder(noisy, { layers: 16, noise: 0.02 });
    await fleet.start('drafter', noisy);
  }
  await Promise.all([1, 2].map(() => fleet.start('target', model)));
  for (const acceptance of [0, 0.7, 1])
    replays.push(await startReplayHost(fleet.server, acceptance, records));
  const plain = await fleet.engine({ model, drafter: 'none' });
  const names = ['ngram', ...(isTiny ? [noisy] : []), ...replays.map((replay) => replay.model)];
  const drafters: Drafter[] = [];
  for (const name of names) {
    const engine = await fleet.engine({ model, drafter: name, parallel: PARALLEL });
    drafters.push({ name: shortName(name), engine, tallies: { si: emptyTally(), dsi: emptyTally() } });
  }
  const prompts = readPrompts();
  let done = 0;
  const queue = prompts.entries();
  const worker = async (): Promise<void> => {
    for (const [index, prompt] of queue) {
      await comparePrompt(index, prompt, plain, drafters, isTiny);
      process.stderr.write(`\r${++done} of ${prompts.length} prompts`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  process.stderr.write('\n');
  const problems = report(drafters);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await Promise.all(replays.map((replay) => replay.stop()));
  await fleet.close();
  rmSync(folder, { recursive: true, force: true });
}

async function comparePrompt(
  index: number,
  prompt: string,
  plain: Engine,
  drafters: readonly Drafter[],
  isTiny: boolean,
): Promise<void> {
  for (const temperature of [0, 0.8]) {
    const seed = 2 * index + (temperature > 0 ? 1 : 0);
    // Every fourth text of the random model has few tokens to choose from, so that lookup finds something.
    const narrow = isTiny && index % 4 === 3;
    const request: GenerationRequest = {
      prompt,
      maxTokens,
      seed,
      temperature,
      ignoreEndTokens: true,
      ...(temperature > 0 ? { topP: 0.95, repetitionPenalty: 1.05 } : {}),
      ...(narrow ? { logitBias: { 101: 60, 102: 60, 103: 60 } } : {}),
    };
    const expected = await run(plain, request);
    records.set(seed, expected.ids);
    for (const [place, drafter] of drafters.entries()) {
      for (const cell of cellsFor(seed + place, values.every)) {
        const actual = await run(drafter.engine, { ...request, ...cell });
        note(drafter, cell, actual, expected, seed);
      }
    }
    records.delete(seed);
  }
}

function note(drafter: Drafter, cell: Cell, actual: Run, expected: Run, seed: number): void {
  const tally = drafter.tallies[cell.mode === 'si' ? 'si' : 'dsi'];
  const { speculation } = actual.result;
  tally.runs++;
  tally.accepted += actual.accepted;
  tally.refuted += actual.refuted;
  tally.stale += speculation.staleVerdicts;
  if (speculation.targets > 1) tally.onBothTargets++;
  if (actual.ids.join() === expected.ids.join()) return;
  tally.different++;
  const at = expected.ids.findIndex((id, position) => id !== actual.ids[position]);
  console.log(`\ndiffers at token ${at}: seed ${seed}, ${drafter.name}, ${JSON.stringify(cell)}`);
}

/** Prints the table; what is wrong, in words. */
function report(drafters: readonly Drafter[]): string[] {
  const problems: string[] = [];
  const row = (...cells: (string | number)[]) =>
    console.log(cells.map((cell, column) => String(cell).padEnd(column === 0 ? 16 : 10)).join(''));
  row('drafter', 'mode', 'texts', 'different', 'accepted', 'refuted', 'stale', '2 targets');
  for (const { name, tallies } of drafters) {
    for (const mode of ['si', 'dsi'] as const) {
      const { runs, different, accepted, refuted, stale, onBothTargets } = tallies[mode];
      row(name, mode, runs, different, accepted, refuted, stale, onBothTargets);
      const wrong = (problem: string) => problems.push(`${name} ${mode}: ${problem}`);
      if (different > 0) wrong(`${different} of ${runs} texts differ`);
      if (name === 'replay at 0' ? accepted > 0 : accepted === 0) wrong(`${accepted} drafts were accepted`);
      if (name === 'replay at 1' ? refuted > 0 : refuted === 0) wrong(`${refuted} drafts were refuted`);
      if (mode === 'dsi' && onBothTargets === 0) wrong('no text was shared by two targets');
      if (mode === 'dsi' && name === 'replay at 0' && stale === 0) wrong('no verdict came late');
    }
  }
  return problems;
}

function emptyTally(): Tally {
  return { runs: 0, different: 0, accepted: 0, refuted: 0, stale: 0, onBothTargets: 0 };
}

function shortName(drafter: string): string {
  const acceptance = /acceptance=([0-9.]+)/.exec(drafter)?.[1];
  if (acceptance !== undefined) return `replay at ${acceptance}`;
  return drafter === 'ngram' ? drafter : 'noisy copy';
}

/** Lines of the file; without one, the list's prompts and then pairs of them. */
function readPrompts(): string[] {
  const file = values['prompt-file'];
  const list =
    file === undefined
      ? [...PROMPTS, ...PROMPTS.flatMap((first) => PROMPTS.map((second) => `${first}\n${second}`))]
      : readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line.trim() !== '');
  return list.slice(0, promptCount);
}
