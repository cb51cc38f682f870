import { simTarget } from '../../infra/sim/sim-token-source.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { extendPathHash } from '../../src/core/path-hash.js';

/** What the simulated target says when nothing but itself is asked: the truth that every run must reproduce. */
export function simReference(request: CompiledRequest): number[] {
  const source = simTarget({
    generation: request.id,
    seed: request.seed,
    sampler: request.sampler,
    capacityTokens: 1_000_000,
  });
  let hash = source.root;
  for (const token of request.promptTokenIds) hash = extendPathHash(hash, token);
  const output: number[] = [];
  while (output.length < request.maxTokens) {
    const token = source.next(hash, request.promptTokenIds.length + output.length);
    if (token === undefined) break;
    output.push(token);
    if (request.sampler.endTokenIds.includes(token)) break;
    hash = extendPathHash(hash, token);
  }
  return output;
}
