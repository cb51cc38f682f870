import type { LoadedModel } from '../../../core/model.js';
import type { BetweenRuns } from '../outcome.js';
import { GreedyReader } from './greedy-reader.js';
import type { ModelPair } from './open-pair.js';

/** The target's greedy text after one prompt, and what the drafter says at each of its positions. */
export interface MeasuredText {
  readonly promptTokens: number;
  readonly tokenIds: readonly number[];
  /** The drafter's guess for each token; undefined: none. */
  readonly guesses: readonly (number | undefined)[];
  readonly target: PassTimesOfText;
  readonly drafter: PassTimesOfText;
}

export interface PassTimesOfText {
  /** Over the prompt, up to the first token (TTFT). Milliseconds. */
  readonly firstMs: number;
  /** Of each later token (TPOT). */
  readonly laterMs: readonly number[];
}

export interface TextOptions {
  readonly maxTokens: number;
  /** Each line of a prompt file, as token ids. */
  readonly prompts: readonly (readonly number[])[];
}

export async function measurePair(
  { tokenizer, target, drafter }: ModelPair,
  { prompts, maxTokens }: TextOptions,
  betweenRuns: BetweenRuns,
): Promise<MeasuredText[]> {
  const ends = new Set(tokenizer.endTokenIds);
  const texts: MeasuredText[] = [];
  for (const [index, prompt] of prompts.entries()) {
    await betweenRuns(`prompt ${index + 1} of ${prompts.length}`);
    const text = await decode(target, prompt, maxTokens, ends);
    const asked = await askEverywhere(drafter, prompt, text.tokenIds);
    texts.push({
      promptTokens: prompt.length,
      tokenIds: text.tokenIds,
      guesses: asked.guesses,
      target: text.times,
      drafter: asked.times,
    });
  }
  return texts;
}

/** Token by token, up to an end token (left out) or the context's end. */
async function decode(
  model: LoadedModel,
  prompt: readonly number[],
  maxTokens: number,
  ends: ReadonlySet<number>,
): Promise<{ tokenIds: number[]; times: PassTimesOfText }> {
  const most = Math.min(maxTokens, model.info.contextTokens - prompt.length);
  const reader = new GreedyReader(model, prompt.length, most);
  try {
    const first = await reader.read(prompt);
    const tokenIds: number[] = [];
    const laterMs: number[] = [];
    let next = first.token;
    while (next !== undefined && !ends.has(next)) {
      tokenIds.push(next);
      if (tokenIds.length >= most) break;
      const later = await reader.read([next]);
      laterMs.push(later.ms);
      next = later.token;
    }
    return { tokenIds, times: { firstMs: first.ms, laterMs } };
  } finally {
    reader.close();
  }
}

/** One guess at every position of a given text. */
async function askEverywhere(
  model: LoadedModel,
  prompt: readonly number[],
  text: readonly number[],
): Promise<{ guesses: (number | undefined)[]; times: PassTimesOfText }> {
  const reader = new GreedyReader(model, prompt.length, text.length);
  try {
    const first = await reader.read(prompt);
    const guesses = [first.token];
    const laterMs: number[] = [];
    for (const token of text.slice(0, -1)) {
      const later = await reader.read([token]);
      guesses.push(later.token);
      laterMs.push(later.ms);
    }
    return { guesses: guesses.slice(0, text.length), times: { firstMs: first.ms, laterMs } };
  } finally {
    reader.close();
  }
}
