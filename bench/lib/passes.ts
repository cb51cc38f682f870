import { forward } from '../../src/core/forward.js';
import type { LoadedModel, Sequence } from '../../src/core/model.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';

/** Tokens in the cache before a pass that is measured. */
export const PAST_TOKENS = 64;

/** A sequence with PAST_TOKENS tokens in its cache. */
export async function openWithPast(loaded: LoadedModel, capacityTokens: number): Promise<Sequence> {
  const sampler = { ...neutralSampler, promptLength: 1 };
  const sequence = loaded.openSequence({ generation: 'bench', seed: 1, sampler, capacityTokens });
  for (let i = 0; i < PAST_TOKENS; i += 8) await forward(sequence, somethingToRead(8), 0);
  return sequence;
}

/** Ids that every vocabulary has. */
export function somethingToRead(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 100 + i);
}
