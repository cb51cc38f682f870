import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { processContext } from '../../infra/config/process-context.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { loadOnnxModel } from '../../infra/onnx/loaded-model.js';
import type { LoadedModel } from '../../src/core/model.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { createReplay, REPLAYS } from '../support/replays.js';
import { openInProcessCluster } from './in-process-cluster.js';

/** A few of the texts that bench/equality compares; imported models are kept in the user's cache folder. */
const MAX_TOKENS = 20;
const prompts = readFileSync(new URL('../../models/fable/prompts.txt', import.meta.url), 'utf8').split('\n');

let tokenizer: Tokenizer;
let target: LoadedModel;
let drafter: LoadedModel;

async function load(name: string): Promise<LoadedModel> {
  const folder = await resolveModel(name, { cacheFolder: processContext().cacheFolder });
  if (folder.kind !== 'onnx') throw new Error(`${name} is no model folder`);
  tokenizer = folder.loadTokenizer();
  return loadOnnxModel({
    path: folder.modelPath,
    name,
    tokenizerHash: tokenizer.hash,
    contextTokens: folder.config.contextTokens,
    vocabularySize: tokenizer.vocabularySize,
    threads: 1,
    slots: 8,
    scheduler: createRealScheduler(),
  });
}

beforeAll(async () => {
  target = await load('fable');
  drafter = await load('fable-drafter');
});
afterAll(() => Promise.all([target.close(), drafter.close()]));

async function generate(
  drafts: LoadedModel,
  prompt: string,
  options: {
    readonly mode: 'none' | 'si' | 'dsi';
    readonly lookahead?: number;
    readonly temperature: number;
    readonly targets?: number;
  },
) {
  const { mode, lookahead, temperature, targets = 1 } = options;
  const promptTokenIds = tokenizer.encode(prompt);
  const cluster = openInProcessCluster({ target, drafter: drafts, targets });
  const { ids, end } = await cluster.run({
    id: 'fable',
    promptTokenIds,
    sampler: { ...neutralSampler, temperature, promptLength: promptTokenIds.length },
    seed: 3,
    maxTokens: MAX_TOKENS,
    stop: [],
    mode,
    lookahead,
    targets,
  });
  await cluster.close();
  return { ids, timings: end.result.timings };
}

describe('the built-in pair', () => {
  it('is exact, and knows every id of one tokenizer', () => {
    expect(target.info).toMatchObject({ numerics: 'exact', contextTokens: 1024 });
    expect(drafter.info.tokenizerHash).toBe(target.info.tokenizerHash);
  });

  it.each([0, 0.8])(
    'says the same in every mode, with every drafter, at temperature %s',
    async (temperature) => {
      const prompt = prompts[temperature === 0 ? 3 : 4] ?? '';
      const plain = await generate(drafter, prompt, { mode: 'none', temperature });
      expect(plain.ids).toHaveLength(MAX_TOKENS);
      const drafters = [drafter, ...REPLAYS.map((replay) => createReplay(replay, plain.ids))];
      const counts: (readonly [accepted: number, refuted: number])[] = [];
      for (const [index, drafts] of drafters.entries()) {
        let accepted = 0;
        let refuted = 0;
        for (const [mode, targets] of [
          ['si', 1],
          ['dsi', 2],
        ] as const) {
          const lookahead = 1 + ((2 * index + targets + (temperature > 0 ? 4 : 0)) % 8);
          const { ids, timings } = await generate(drafts, prompt, { mode, lookahead, temperature, targets });
          expect(ids, `${drafts.info.name}, ${mode}, lookahead ${lookahead}`).toEqual(plain.ids);
          accepted += timings.draftTokensAccepted;
          refuted += timings.draftTokens - timings.draftTokensAccepted;
        }
        counts.push([accepted, refuted]);
      }
      const [own, right, mixed, wrong, , empty] = counts;
      for (const some of [own, right, mixed]) expect(some?.[0]).toBeGreaterThan(0);
      expect(mixed?.[1]).toBeGreaterThan(0);
      expect([right?.[1], wrong?.[0], empty]).toEqual([0, 0, [0, 0]]);
    },
  );
});
