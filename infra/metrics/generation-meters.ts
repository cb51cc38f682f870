import type { MetricsRegistry } from './registry.js';

const FIRST_TOKEN_S = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
];
const BETWEEN_TOKENS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
];
const REQUEST_S = [0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 60, 120, 240, 480];
/** The drafters of a generation, as they are asked for: `ngram`. */
const DRAFTER = ['drafter'];

export type GenerationMeters = ReturnType<typeof generationMeters>;

/** What is counted of generations. */
export function generationMeters(registry: MetricsRegistry) {
  return {
    firstToken: registry.histogram(
      'time_to_first_token_seconds',
      'From a request to its first token',
      FIRST_TOKEN_S,
    ),
    betweenTokens: registry.histogram('inter_token_latency_seconds', 'Between two tokens', BETWEEN_TOKENS_S),
    request: registry.histogram('e2e_request_latency_seconds', 'From a request to its end', REQUEST_S),
    promptTokens: registry.counter('prompt_tokens_total', 'Tokens of the prompts of ended generations'),
    tokens: registry.counter('generation_tokens_total', 'Tokens generated'),
    ended: registry.counter('request_success_total', 'Generations that ended', ['finished_reason']),
    failed: registry.counter('request_failure_total', 'Generations that failed', ['code']),
    verifications: registry.counter('spec_decode_num_drafts_total', 'Passes of targets', DRAFTER),
    drafts: registry.counter('spec_decode_num_draft_tokens_total', 'Drafts that a verdict decided', DRAFTER),
    accepted: registry.counter('spec_decode_num_accepted_tokens_total', 'Drafts that were right', DRAFTER),
    rollbacks: registry.counter('rollbacks_total', 'Times that the text left every draft', DRAFTER),
    wasted: registry.counter('wasted_draft_tokens_total', 'Drafts that decided nothing', DRAFTER),
  };
}
