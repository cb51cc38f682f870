import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { processContext } from '../../infra/config/process-context.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { createNgramModel } from '../../infra/models/ngram-model.js';
import { loadOnnxModel, type OnnxModel } from '../../infra/onnx/loaded-model.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import type { CompiledRequest, GenerationMode } from '../../src/core/generation.js';
import type { LoadedModel } from '../../src/core/model.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { openInProcessCluster } from '../process/in-process-cluster.js';
import { PROMPTS } from './prompts.js';

/** SLIPSTREAM_TEST_FULL=1: 20 prompts of 64 tokens through the whole matrix, about half an hour. */
const full = process.env.SLIPSTREAM_TEST_FULL === '1';
const prompts = full ? PROMPTS : PROMPTS.slice(0, 3);
const maxTokens = full ? 64 : 32;

type DrafterKind = 'ngram' | 0 | 0.7 | 1;

interface Case {
  readonly mode: GenerationMode;
  readonly drafter: DrafterKind;
  readonly lookahead: number;
  readonly targets: number;
}

const drafters: readonly DrafterKind[] = ['ngram', 0, 0.7, 1];
const everyCase: Case[] = drafters.flatMap((drafter) =>
  [1, 4, 8].flatMap((lookahead) => [
    { mode: 'si' as const, drafter, lookahead, targets: 1 },
    { mode: 'dsi' as const, drafter, lookahead, targets: 1 },
    { mode: 'dsi' as const, drafter, lookahead, targets: 2 },
  ]),
);
/** Each drafter in si, where every draft is decided, and a spread over the rest. */
const spread = everyCase.filter(
  ({ mode, lookahead }, index) => (mode === 'si' && lookahead === 4) || index % 5 === 1,
);
const cases = full ? everyCase : spread;

const scheduler = createRealScheduler();
let target: OnnxModel;
let tokenizer: Tokenizer;

beforeAll(async () => {
  const folder = await resolveModel('smollm2', { cacheFolder: processContext().cacheFolder });
  if (folder.kind !== 'onnx') throw new Error('smollm2 is no model folder');
  tokenizer = folder.loadTokenizer();
  target = await loadOnnxModel({
    path: folder.modelPath,
    name: folder.name,
    tokenizerHash: tokenizer.hash,
    contextTokens: folder.config.contextTokens,
    vocabularySize: tokenizer.vocabularySize,
    threads: 1,
    slots: 16,
    scheduler,
  });
});
afterAll(() => target.close());

function drafterOf(kind: DrafterKind, recorded: readonly number[]): LoadedModel {
  if (kind === 'ngram') return createNgramModel({ scheduler });
  const url = `sim:drafter?ms=0&acceptance=${kind}`;
  const wait = (_ms: number, done: () => void) => void scheduler.schedule(0, done);
  return createSimModel({ name: url, options: parseSimModel(url), recorded, scheduler, wait });
}

async function generate(prompt: string, temperature: number, on: Case, recorded: readonly number[]) {
  const promptTokenIds = tokenizer.encode(prompt);
  const request: CompiledRequest = {
    id: `${on.mode}-${on.drafter}-${on.lookahead}-${on.targets}`.replace('.', '_'),
    promptTokenIds,
    sampler: { ...neutralSampler, temperature, promptLength: promptTokenIds.length },
    seed: 11,
    maxTokens,
    stop: [],
    mode: on.mode,
    lookahead: on.mode === 'none' ? undefined : on.lookahead,
    targets: on.targets,
  };
  const drafter = drafterOf(on.drafter, recorded);
  const cluster = openInProcessCluster({ target, drafter, targets: on.targets });
  const { ids, end } = await cluster.run(request);
  await cluster.close();
  if (end.outcome === 'failed') throw end.error;
  return { ids, result: end.result };
}

it.each([0, 0.8])(
  'SmolLM2 says the same in every mode, with every drafter (temperature %s)',
  async (temperature) => {
    const decided = new Map<DrafterKind, number>();
    const seen = { accepted: 0, refuted: 0 };
    for (const prompt of prompts) {
      const plainCase: Case = { mode: 'none', drafter: 0, lookahead: 1, targets: 1 };
      const plain = await generate(prompt, temperature, plainCase, []);
      for (const on of cases) {
        const { ids, result } = await generate(prompt, temperature, on, plain.ids);
        expect(ids, `${JSON.stringify(on)} on ${JSON.stringify(prompt)}`).toEqual(plain.ids);
        const { draftTokens, draftTokensAccepted } = result.timings;
        if (on.drafter === 1) expect(draftTokensAccepted).toBe(draftTokens);
        if (on.drafter === 0) expect(draftTokensAccepted).toBe(0);
        decided.set(on.drafter, (decided.get(on.drafter) ?? 0) + draftTokens);
        seen.accepted += draftTokensAccepted;
        seen.refuted += draftTokens - draftTokensAccepted;
      }
    }
    for (const drafter of drafters) expect(decided.get(drafter), `drafter ${drafter}`).toBeGreaterThan(0);
    expect(seen.accepted).toBeGreaterThan(0);
    expect(seen.refuted).toBeGreaterThan(0);
  },
);
