/**
 * none = si = dsi, token by token, over worker processes and a real nats-server: `npx tsx bench/equality.ts
 * [--model fable] [--drafter fable-drafter] [--prompts 200] [--tokens 128] [--every] [--prompt-file FILE] [--checkpoint
 * FILE]`. With a checkpoint a run that was stopped goes on when it is started again. With `--model tiny` the target is a
 * random-weight decoder and a noisy copy of it drafts. Besides the model's own drafter there are n-gram lookup and
 * replays: all right, partly, wrong, random and empty. Temperatures 0 and 0.8 for each prompt; lookahead 1 to 8, si, and
 * dsi on 1 and 2 targets take turns over the prompts, or with `--every` all run for each. Exits with 1 when a text
 * differs, or when something that should have been put to the test was not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileModelStoreOptions } from '../infra/config/model-store-options.js';
import { defaultDrafter } from '../infra/models/bundled-models.js';
import { resolveModel } from '../infra/models/model-folder.js';
import { sum } from '../src/core/statistics.js';
import type { Engine, GenerationRequest } from '../src/index.js';
import { type Run, run } from '../test/process/run.js';
import { startWorkerFleet } from '../test/process/worker-fleet.js';
import { type ReplayHost, startReplayHost } from '../test/support/replay-host.js';
import { REPLAYS } from '../test/support/replays.js';
import { writeTinyModelFolder } from '../test/support/tiny-model.js';
import { openCheckpoint } from './lib/checkpoint.js';
import { ALL_CELLS, type Cell, cellsFor } from './lib/equality-cells.js';
import { readPrompts } from './lib/prompts.js';

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '200' },
    tokens: { type: 'string', default: '128' },
    every: { type: 'boolean', default: false },
    model: { type: 'string', default: 'fable' },
    drafter: { type: 'string' },
    'prompt-file': { type: 'string' },
    checkpoint: { type: 'string' },
  },
});
const maxTokens = Number(values.tokens);
/** Prompts under way at a time; a worker has four slots. */
const PARALLEL = 3;

/** One text, compared with plain decoding's. */
interface Compared {
  readonly drafter: string;
  readonly cell: Cell;
  readonly temperature: number;
  readonly seed: number;
  /** Place of the first token that is another. */
  readonly differsAt?: number;
  readonly accepted: number;
  readonly refuted: number;
  readonly stale: number;
  readonly targets: number;
}

interface ComparedPrompt {
  readonly index: number;
  readonly texts: readonly Compared[];
}

interface Drafter {
  /** As the table calls it. */
  readonly name: string;
  readonly engine: Engine;
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-equality-'));
const fleet = await startWorkerFleet();
const records = new Map<number, readonly number[]>();
const replays: ReplayHost[] = [];
try {
  const isTiny = values.model === 'tiny';
  const model = isTiny ? join(folder, 'target') : values.model;
  const modelDrafter = isTiny ? join(folder, 'noisy') : (values.drafter ?? defaultDrafter(model));
  if (isTiny) {
    await writeTinyModelFolder(model, { layers: 16 });
    await writeTinyModelFolder(modelDrafter, { layers: 16, noise: 0.02 });
  }
  await Promise.all([1, 2].map(() => fleet.start('target', model)));
  const plain = await fleet.engine({ model, drafter: 'none' });
  const drafters: Drafter[] = [];
  const add = async (name: string, drafter: string): Promise<void> => {
    const engine = await fleet.engine({ model, drafter, parallel: PARALLEL });
    drafters.push({ name, engine });
  };
  if (modelDrafter !== 'ngram') {
    await fleet.start('drafter', modelDrafter);
    await add(isTiny ? 'noisy copy' : basename(modelDrafter), modelDrafter);
  }
  await add('ngram', 'ngram');
  for (const replay of REPLAYS) {
    const host = await startReplayHost(fleet.server, replay, records);
    replays.push(host);
    await add(`replay ${replay}`, host.model);
  }
  const prompts = readPrompts(model, values['prompt-file']).slice(0, Number(values.prompts));
  const folderOf = async (name: string) => (isTiny ? name : await importedName(name));
  const weights = { model: await folderOf(model), drafter: await folderOf(modelDrafter) };
  const checkpoint = openCheckpoint<ComparedPrompt>(values.checkpoint, {
    ...weights,
    tokens: maxTokens,
    every: values.every,
    promptFile: values['prompt-file'],
  });
  const known = new Set(checkpoint.items.map(({ index }) => index));
  const queue = prompts.entries();
  const worker = async (): Promise<void> => {
    for (const [index, prompt] of queue) {
      if (known.has(index)) continue;
      checkpoint.add({ index, texts: await comparePrompt(index, prompt, plain, drafters, isTiny) });
      process.stderr.write(`\r${checkpoint.items.length} of ${prompts.length} prompts`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  process.stderr.write('\n');
  const texts = checkpoint.items.filter(({ index }) => index < prompts.length).flatMap((item) => item.texts);
  const problems = report(
    drafters.map(({ name }) => name),
    texts,
    prompts.length,
  );
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
): Promise<Compared[]> {
  const texts: Compared[] = [];
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
      // The temperatures are half a turn apart, and drafters one step.
      for (const cell of cellsFor(index + place + (temperature > 0 ? 4 : 0), values.every)) {
        const actual = await run(drafter.engine, { ...request, ...cell });
        const compared = compare(actual, expected, { drafter: drafter.name, cell, temperature, seed });
        if (compared.differsAt !== undefined) console.log(`\ndiffers: ${JSON.stringify(compared)}`);
        texts.push(compared);
      }
    }
    records.delete(seed);
  }
  return texts;
}

function compare(
  actual: Run,
  expected: Run,
  about: Pick<Compared, 'drafter' | 'cell' | 'temperature' | 'seed'>,
): Compared {
  const { staleVerdicts, targets } = actual.result.speculation;
  const length = Math.max(actual.ids.length, expected.ids.length);
  const differsAt = Array.from({ length }).findIndex((_, at) => actual.ids[at] !== expected.ids[at]);
  const { accepted, refuted } = actual;
  return {
    ...about,
    ...(differsAt < 0 ? {} : { differsAt }),
    accepted,
    refuted,
    stale: staleVerdicts,
    targets,
  };
}

/** Prints the table; what is wrong, in words. */
function report(drafters: readonly string[], texts: readonly Compared[], prompts: number): string[] {
  const problems: string[] = [];
  const row = (...cells: (string | number)[]) =>
    console.log(cells.map((cell, column) => String(cell).padEnd(column === 0 ? 16 : 10)).join(''));
  row('drafter', 'mode', 'texts', 'different', 'accepted', 'refuted', 'stale', '2 targets');
  for (const name of drafters) {
    for (const mode of ['si', 'dsi'] as const) {
      const mine = texts.filter(({ drafter, cell }) => drafter === name && cell.mode === mode);
      const different = mine.filter(({ differsAt }) => differsAt !== undefined).length;
      const [accepted, refuted, stale] = (['accepted', 'refuted', 'stale'] as const).map((count) =>
        sum(mine.map((text) => text[count])),
      ) as [number, number, number];
      const onBothTargets = mine.filter(({ targets }) => targets > 1).length;
      row(name, mode, mine.length, different, accepted, refuted, stale, onBothTargets);
      const wrong = (problem: string) => problems.push(`${name} ${mode}: ${problem}`);
      const never = ['replay wrong', 'replay empty'].includes(name);
      if (different > 0) wrong(`${different} of ${mine.length} texts differ`);
      if (never ? accepted > 0 : accepted === 0) wrong(`${accepted} drafts were accepted`);
      const surely = ['replay right', 'replay empty'].includes(name);
      if (surely ? refuted > 0 : refuted === 0) wrong(`${refuted} drafts were refuted`);
      if (mode === 'dsi' && name !== 'replay empty' && onBothTargets === 0)
        wrong('no text was shared by two targets');
      if (mode === 'dsi' && name === 'replay wrong' && stale === 0) wrong('no verdict came late');
      const cells = 2 * ALL_CELLS.filter((cell) => cell.mode === mode).length;
      const covered = new Set(mine.map(({ temperature, cell }) => JSON.stringify([temperature, cell]))).size;
      if (prompts >= cells && covered < cells) wrong(`only ${covered} of ${cells} cells were run`);
    }
  }
  const different = texts.filter(({ differsAt }) => differsAt !== undefined).length;
  console.log(`${texts.length} texts of ${maxTokens} tokens, ${different} of them different`);
  return problems;
}

/** Names weights by where their import lies: another form of the same weights is another model. */
async function importedName(name: string): Promise<string> {
  const resolved = await resolveModel(name, compileModelStoreOptions({}));
  return resolved.kind === 'onnx' ? basename(resolved.folder) : name;
}
