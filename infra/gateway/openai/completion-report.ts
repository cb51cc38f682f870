import type { GenerationResult } from '../../../src/core/generation.js';
import { wireResult, wireUsage } from '../../../src/core/report.js';
import { sum } from '../../../src/core/statistics.js';

/** What a choice took, besides what OpenAI's clients know: in the fields of llama.cpp and vLLM, and in ours. */
export function reportOf(result: GenerationResult) {
  const { timings, speculation } = wireResult(result);
  const { draft_n, draft_n_accepted, predicted_n } = timings;
  const steps = speculation.target_forwards;
  return {
    timings,
    speculation,
    metrics: {
      speculative_decoding: {
        // The first token comes with the pass over the prompt, which verifies nothing.
        mean_acceptance_length: steps > 0 ? (predicted_n - 1) / steps : null,
        draft_acceptance_rate: draft_n > 0 ? draft_n_accepted / draft_n : null,
        num_draft_tokens: draft_n,
        num_accepted_draft_tokens: draft_n_accepted,
        num_spec_steps: steps,
      },
    },
  };
}

/** Tokens of all choices, of which `n` each have one prompt; that counts once. */
export function usageOf(results: readonly GenerationResult[], n: number) {
  const usages = results.map(({ timings }) => wireUsage(timings));
  const prompt = sum(usages.filter((_, index) => index % n === 0).map((usage) => usage.prompt_tokens));
  const completion = sum(usages.map((usage) => usage.completion_tokens));
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
