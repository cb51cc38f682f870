import { simTarget } from '../../infra/sim/sim-token-source.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import { extendPathHash } from '../../src/core/path-hash.js';

/** What the simulated target says when nothing but itself is asked: the truth that every run must reproduce. */
export function simReference(request: CompiledRequest): number[] {
  return simVerdicts(request).map(({ token }) => token);
}

/** The same, with how likely it finds each token and the likeliest two, as many as the request asks for. */
export function simVerdicts(
  request: CompiledRequest,
): { token: number; logprobs: TokenLogprobs | undefined }[] {
  const source = simTarget({
    generation: request.id,
    seed: request.seed,
    sampler: request.sampler,
    capacityTokens: 1_000_000,
  });
  let hash = source.root;
  for (const token of request.promptTokenIds) hash = extendPathHash(hash, token);
  const output: { token: number; logprobs: TokenLogprobs | undefined }[] = [];
  while (output.length < request.maxTokens) {
    const token = source.next(hash, request.promptTokenIds.length + output.length);
    if (token === undefined) break;
    output.push({ token, logprobs: source.logprobs?.(hash, request.logprobs ?? 0) });
    if (request.sampler.endTokenIds.includes(token)) break;
    hash = extendPathHash(hash, token);
  }
  return output;
}
