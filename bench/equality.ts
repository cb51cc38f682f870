/**
 * none = si = dsi, token by token, over worker processes and a real nats-server: `npx tsx bench/equality.ts
 * [--model fable] [--drafter fable-drafter] [--replay right --replay wrong] [--prompts 200] [--tokens 128]
 * [--lookahead 1 --lookahead 2] [--every] [--prompt-file FILE] [--checkpoint FILE]`. With a checkpoint a run that was
 * stopped goes on when it is started again. With `--model tiny` the target is a random-weight decoder and a noisy copy
 * of it drafts. Besides the model's own drafter there are n-gram lookup and replays (default: all): right, mixed, wrong,
 * random and empty. Temperatures 0 and 0.8 for each prompt; the lookaheads (default: 1 to 8), si, and dsi on 1 and 2
 * targets take turns over the prompts, or with `--every` all run for each. Exits with 1 when a text differs, or when
 * something that should have been put to the test was not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileModelStoreOptions } from '../infra/config/model-store-options.js';
import { defaultDrafter } from '../infra/models/bundled-models.js';
import { resolveModel } from '../infra/models/model-folder.js';
import type { GenerationRequest } from '../src/index.js';
import { cellsInTurn, cellsOf } from '../test/process/equality/cells.js';
import {
  type Compared,
  type EqualityFleet,
  problemsOf,
  type SeededRequest,
  startEqualityFleet,
  type Tally,
  tallyOf,
} from '../test/process/equality/comparison.js';
import { REPLAYS } from '../test/support/replays.js';
import { writeTinyModelFolder } from '../test/support/tiny-model.js';
import { openCheckpoint } from './lib/checkpoint.js';
import { readMixedPrompts, readPrompts } from './lib/prompts.js';
import { textTokenizer } from './lib/text-tokenizer.js';

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '200' },
    tokens: { type: 'string', default: '128' },
    replay: { type: 'string', multiple: true, default: [...REPLAYS] },
    every: { type: 'boolean', default: false },
    lookahead: { type: 'string', multiple: true, default: ['1', '2', '3', '4', '5', '6', '7', '8'] },
    model: { type: 'string', default: 'fable' },
    drafter: { type: 'string' },
    'prompt-file': { type: 'string' },
    checkpoint: { type: 'string' },
  },
});
type Prompt = Pick<GenerationRequest, 'prompt' | 'promptTokenIds'>;

const maxTokens = Number(values.tokens);
const lookaheads = values.lookahead.map(Number);
const cells = cellsOf(lookaheads);
const replays = REPLAYS.filter((replay) => values.replay.includes(replay));
/** Prompts under way at a time; a worker has four slots. */
const PARALLEL = 3;

interface ComparedPrompt {
  readonly index: number;
  readonly texts: readonly Compared[];
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-equality-'));
const isTiny = values.model === 'tiny';
const model = isTiny ? join(folder, 'target') : values.model;
const modelDrafter = isTiny ? join(folder, 'noisy') : (values.drafter ?? defaultDrafter(model));
let fleet: EqualityFleet | undefined;
try {
  if (isTiny) {
    await writeTinyModelFolder(model, { layers: 16 });
    await writeTinyModelFolder(modelDrafter, { layers: 16, noise: 0.02 });
  }
  const drafters = new Map([['ngram', 'ngram']]);
  if (modelDrafter !== 'ngram') drafters.set(isTiny ? 'noisy copy' : basename(modelDrafter), modelDrafter);
  fleet = await startEqualityFleet({ model, drafters, replays, parallel: PARALLEL });
  const prompts = (await readTexts()).slice(0, Number(values.prompts));
  const folderOf = async (name: string) => (isTiny ? name : await importedName(name));
  const weights = { model: await folderOf(model), drafter: await folderOf(modelDrafter) };
  const checkpoint = openCheckpoint<ComparedPrompt>(values.checkpoint, {
    ...weights,
    tokens: maxTokens,
    every: values.every,
    lookaheads,
    replays,
    promptFile: values['prompt-file'],
  });
  const known = new Set(checkpoint.items.map(({ index }) => index));
  const queue = prompts.entries();
  const worker = async (compare: EqualityFleet['compare']): Promise<void> => {
    for (const [index, prompt] of queue) {
      if (known.has(index)) continue;
      checkpoint.add({ index, texts: await comparePrompt(index, prompt, compare) });
      process.stderr.write(`\r${checkpoint.items.length} of ${prompts.length} prompts`);
    }
  };
  const { compare } = fleet;
  await Promise.all(Array.from({ length: PARALLEL }, () => worker(compare)));
  process.stderr.write('\n');
  const texts = checkpoint.items.filter(({ index }) => index < prompts.length).flatMap((item) => item.texts);
  const problems = report(fleet.drafters, texts, prompts.length);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await fleet?.close();
  rmSync(folder, { recursive: true, force: true });
}

async function readTexts(): Promise<readonly Prompt[]> {
  if (values['prompt-file'] !== undefined || isTiny || model === 'fable')
    return readPrompts(values.model, values['prompt-file']).map((prompt) => ({ prompt }));
  return readMixedPrompts(await textTokenizer(model)).map((promptTokenIds) => ({ promptTokenIds }));
}

async function comparePrompt(
  index: number,
  prompt: Prompt,
  compare: EqualityFleet['compare'],
): Promise<Compared[]> {
  const texts: Compared[] = [];
  for (const temperature of [0, 0.8]) {
    const seed = 2 * index + (temperature > 0 ? 1 : 0);
    // Every fourth text of the random model has few tokens to choose from, so that lookup finds something.
    const narrow = isTiny && index % 4 === 3;
    const request: SeededRequest = {
      ...prompt,
      maxTokens,
      seed,
      temperature,
      ignoreEndTokens: true,
      ...(temperature > 0 ? { topP: 0.95, repetitionPenalty: 1.05 } : {}),
      ...(narrow ? { logitBias: { 101: 60, 102: 60, 103: 60 } } : {}),
    };
    // The temperatures are half a turn apart, and drafters one step.
    const inTurn = (place: number) => cellsInTurn(cells, index + place + (temperature > 0 ? 4 : 0));
    const compared = await compare(request, values.every ? () => cells.flat() : inTurn);
    for (const text of compared)
      if (text.differsAt !== undefined) console.log(`\ndiffers: ${JSON.stringify(text)}`);
    texts.push(...compared);
  }
  return texts;
}

/** Prints the table; what is wrong, in words. */
function report(drafters: readonly string[], texts: readonly Compared[], prompts: number): string[] {
  const row = (...cells: (string | number)[]) =>
    console.log(cells.map((cell, column) => String(cell).padEnd(column === 0 ? 16 : 10)).join(''));
  row('drafter', 'mode', 'texts', 'different', 'accepted', 'refuted', 'stale', '2 targets');
  const tallies = tallyOf(drafters, texts);
  for (const { drafter, mode, texts, different, accepted, refuted, stale, onBoth } of tallies)
    row(drafter, mode, texts, different, accepted, refuted, stale, onBoth);
  const different = texts.filter(({ differsAt }) => differsAt !== undefined).length;
  console.log(`${texts.length} texts of ${maxTokens} tokens, ${different} of them different`);
  return [...problemsOf(tallies), ...gapsIn(tallies, texts, prompts)];
}

/** Cells that should have had their turn and had not. */
function gapsIn(tallies: readonly Tally[], texts: readonly Compared[], prompts: number): string[] {
  return tallies.flatMap(({ drafter, mode }) => {
    const mine = texts.filter((text) => text.drafter === drafter && text.cell.mode === mode);
    const all = 2 * cells.flat().filter((cell) => cell.mode === mode).length;
    const covered = new Set(mine.map(({ temperature, cell }) => JSON.stringify([temperature, cell]))).size;
    const complete = values.every || prompts >= all;
    return complete && covered < all ? [`${drafter} ${mode}: only ${covered} of ${all} cells were run`] : [];
  });
}

/** Names weights by where their import lies: another form of the same weights is another model. */
async function importedName(name: string): Promise<string> {
  const resolved = await resolveModel(name, compileModelStoreOptions({}));
  return resolved.kind === 'onnx' ? basename(resolved.folder) : name;
}
