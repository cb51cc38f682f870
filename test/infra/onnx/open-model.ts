import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { loadOnnxModel, type OnnxModelOptions } from '../../../infra/onnx/loaded-model.js';
import { forward } from '../../../src/core/forward.js';
import type { LoadedModel, Sequence } from '../../../src/core/model.js';
import { neutralSampler, type SamplerParameters } from '../../../src/core/sampler-parameters.js';

const realTime = createRealScheduler();

/** A folder for a test file's models, removed after its tests. */
export function modelFolder(): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'slipstream-onnx-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (name) => join(root, name);
}

export function openModel(path: string, options: Partial<OnnxModelOptions> = {}) {
  return loadOnnxModel({
    path,
    name: 'tiny',
    tokenizerHash: 'tiny',
    contextTokens: 1024,
    threads: 1,
    slots: 8,
    scheduler: realTime,
    ...options,
  });
}

export function openSequence(
  model: LoadedModel,
  options: {
    sampler?: Partial<SamplerParameters>;
    seed?: number;
    capacityTokens?: number;
    logprobs?: number;
  } = {},
): Sequence {
  return model.openSequence({
    generation: 'g',
    seed: options.seed ?? 1,
    sampler: { ...neutralSampler, promptLength: 1, ...options.sampler },
    capacityTokens: options.capacityTokens ?? model.info.contextTokens,
    logprobs: options.logprobs,
  });
}

/** The model's own text after `start`, one token a pass. */
export async function decode(
  model: LoadedModel,
  start: number,
  count: number,
  sampler?: Partial<SamplerParameters>,
) {
  const sequence = openSequence(model, sampler === undefined ? {} : { sampler });
  const text = [start];
  while (text.length <= count) {
    const { tokenIds } = await forward(sequence, text.slice(-1), 1);
    text.push(tokenIds[0] as number);
  }
  sequence.close();
  return text;
}

/** How many of `text`'s tokens a pass over its chunks does not confirm. */
export async function refuted(model: LoadedModel, text: readonly number[], chunk: number): Promise<number> {
  const sequence = openSequence(model);
  let wrong = 0;
  for (let at = 0; at + 1 < text.length; at += chunk) {
    const tokens = text.slice(at, Math.min(at + chunk, text.length - 1));
    const { tokenIds } = await forward(sequence, tokens, tokens.length);
    wrong += tokenIds.filter((id, i) => id !== text[at + 1 + i]).length;
  }
  sequence.close();
  return wrong;
}
