import type { CompiledRequest, FinishReason, GenerationResult } from '../core/generation.js';

/** The result of a generation that ended before its first token. */
export function emptyResult(request: CompiledRequest, finishReason: FinishReason): GenerationResult {
  return {
    finishReason,
    timings: {
      promptTokens: request.promptTokenIds.length,
      promptMs: 0,
      predictedTokens: 0,
      predictedMs: 0,
      draftTokens: 0,
      draftTokensAccepted: 0,
    },
    speculation: {
      plan: {
        mode: request.mode === 'auto' ? 'none' : request.mode,
        lookahead: 0,
        wait: 0,
        ahead: 0,
        leastLikelihood: 0,
        placeCosts: [],
        jobTokens: 0,
        targets: 0,
        drafters: 0,
        reason: 'never started',
      },
      numerics: 'exact',
      targets: 0,
      targetForwards: 0,
      drafterForwards: 0,
      rollbacks: 0,
      wastedDrafts: 0,
      acceptance: undefined,
      staleVerdicts: 0,
      estimatedSpeedup: undefined,
    },
  };
}
