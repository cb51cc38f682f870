import { forward } from '../../src/core/forward.js';
import type { LoadedModel } from '../../src/core/model.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';

/** The model's own greedy continuation of a prompt: `count` token ids, end tokens included. */
export async function greedyTokens(
  model: LoadedModel,
  prompt: readonly number[],
  count: number,
): Promise<number[]> {
  const capacityTokens = Math.min(model.info.contextTokens, prompt.length + count);
  const sampler = { ...neutralSampler, promptLength: prompt.length };
  const sequence = model.openSequence({ generation: 'greedy', seed: 0, sampler, capacityTokens });
  const pass = async (tokens: readonly number[], want: number) =>
    (await forward(sequence, tokens, want)).tokenIds;
  const { maxChunkTokens } = model.info;
  let waiting = prompt;
  for (; waiting.length > maxChunkTokens; waiting = waiting.slice(maxChunkTokens))
    await pass(waiting.slice(0, maxChunkTokens), 0);
  const tokens: number[] = [];
  while (tokens.length < count) {
    const [next] = await pass(waiting, 1);
    if (next === undefined) throw new Error('the model had nothing to say');
    tokens.push(next);
    waiting = [next];
  }
  sequence.close();
  return tokens;
}
