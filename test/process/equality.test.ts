import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, GenerationRequest } from '../../src/index.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';
import { eventually } from './eventually.js';
import { type Run, run } from './run.js';
import { startWorkerFleet, type WorkerFleet } from './worker-fleet.js';

const greedy: GenerationRequest = {
  prompt: 'the cat sat on the mat and the cat',
  maxTokens: 40,
  ignoreEndTokens: true,
};
const requests = {
  greedy,
  sampled: { ...greedy, temperature: 0.8, seed: 11, topK: 40, repetitionPenalty: 1.05, logprobs: 5 },
  // Few tokens to choose from, so that the text repeats itself and lookup finds something.
  narrow: { ...greedy, temperature: 0.8, seed: 12, logitBias: { 101: 60, 102: 60, 103: 60 } },
} satisfies Record<string, GenerationRequest>;
type Text = keyof typeof requests;

interface Case {
  readonly mode: 'si' | 'dsi';
  readonly lookahead: number;
  readonly targets: number;
  readonly text: Text;
}

/** Each pair of mode, lookahead, number of targets and sampling at least once. */
const cases = (warm: Text): Case[] => [
  { mode: 'si', lookahead: 1, targets: 1, text: 'greedy' },
  { mode: 'si', lookahead: 4, targets: 2, text: warm },
  { mode: 'si', lookahead: 8, targets: 1, text: 'greedy' },
  { mode: 'dsi', lookahead: 1, targets: 2, text: warm },
  { mode: 'dsi', lookahead: 1, targets: 1, text: 'greedy' },
  { mode: 'dsi', lookahead: 4, targets: 2, text: 'greedy' },
  { mode: 'dsi', lookahead: 4, targets: 1, text: warm },
  { mode: 'dsi', lookahead: 8, targets: 2, text: warm },
  { mode: 'dsi', lookahead: 8, targets: 1, text: 'greedy' },
];

interface DrafterCase {
  readonly name: string;
  readonly model: () => string;
  readonly cases: readonly Case[];
  /** What it replays, and which share of that it gets right. Other texts it drafts wrongly. */
  readonly replays?: { readonly text: Text; readonly acceptance: number };
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-equality-'));
const inFolder = (name: string) => join(folder, name);
const replay = (text: Text, acceptance: number): DrafterCase => ({
  name: `a replay of the ${text} text at ${acceptance}`,
  model: () => `sim:drafter?ms=0.2&acceptance=${acceptance}&replay=${inFolder(`${text}.json`)}`,
  cases: cases('sampled'),
  replays: { text, acceptance },
});
const drafters: readonly DrafterCase[] = [
  { name: 'n-gram lookup', model: () => 'ngram', cases: cases('narrow') },
  { name: 'a noisy copy of the target', model: () => inFolder('noisy'), cases: cases('sampled') },
  replay('greedy', 0),
  replay('sampled', 0.7),
  replay('greedy', 1),
];

let fleet: WorkerFleet;
const alone = {} as Record<Text, Run>;
const everyRun: Run[] = [];
const engines = new Map<DrafterCase, Engine>();

beforeAll(async () => {
  // Many narrow layers: a pass takes long enough for the drafters to get ahead.
  await writeTinyModelFolder(inFolder('target'), { layers: 16 });
  await writeTinyModelFolder(inFolder('noisy'), { layers: 16, noise: 0.02 });
  fleet = await startWorkerFleet();
  await Promise.all([1, 2].map(() => fleet.start('target', inFolder('target'))));
  const plain = await fleet.engine({ model: inFolder('target'), drafter: 'none' });
  for (const text of ['greedy', 'sampled', 'narrow'] as const) {
    alone[text] = await run(plain, requests[text]);
    writeFileSync(inFolder(`${text}.json`), JSON.stringify({ token_ids: alone[text].ids }));
  }
  await Promise.all(
    drafters.map(async (drafter) => {
      const model = drafter.model();
      if (model !== 'ngram') await fleet.start('drafter', model);
      engines.set(drafter, await fleet.engine({ model: inFolder('target'), drafter: model }));
    }),
  );
});

afterAll(async () => {
  await fleet?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(drafters)('with $name', (drafter) => {
  const { replays, cases } = drafter;
  const runs: Run[] = [];

  it.each(cases)('$mode with lookahead $lookahead on $targets gives the $text text', async (c) => {
    const { text, ...how } = c;
    const engine = engines.get(drafter) as Engine;
    await eventually(() => engine.health().targets === 2 && engine.health().drafters === 1);
    const result = await run(engine, { ...requests[text], ...how });
    runs.push(result);
    everyRun.push(result);
    expect(result.ids).toEqual(alone[text].ids);
    expect(result.logprobs).toEqual(alone[text].logprobs);
    expect(result.result.speculation.numerics).toBe('exact');
    if (text !== replays?.text) return;
    if (replays.acceptance === 0) expect(result.accepted).toBe(0);
    if (replays.acceptance === 1) expect(result.refuted).toBe(0);
  });

  it('was put to the test: drafts confirmed, drafts refuted, jobs on both targets', async () => {
    // Who answers, and which drafts come in time, is a matter of time: on a busy machine one target may have done all
    // there was to do, and lookup may always have been late.
    const onBoth = () => runs.some(({ result }) => result.speculation.targets === 2);
    const confirmed = () => replays?.acceptance === 0 || runs.some(({ accepted }) => accepted > 0);
    for (let more = 0; more < 3 * cases.length && !(onBoth() && confirmed()); more++) {
      const { text, ...how } = cases[more % cases.length] as Case;
      runs.push(await run(engines.get(drafter) as Engine, { ...requests[text], ...how }));
    }
    expect(confirmed()).toBe(true);
    expect(runs.some(({ refuted }) => refuted > 0)).toBe(true);
    expect(onBoth()).toBe(true);
  });
});

it('knew how likely each token was where that was asked for', () => {
  expect(alone.sampled.logprobs.every((told) => told !== undefined && told.top.length === 5)).toBe(true);
  expect(new Set(alone.greedy.logprobs)).toEqual(new Set([undefined]));
});

it('took in verdicts on paths that were given up meanwhile', () => {
  expect(everyRun.some(({ result }) => result.speculation.staleVerdicts > 0)).toBe(true);
});
