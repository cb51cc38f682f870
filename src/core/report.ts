import type { GenerationResult, GenerationTimings, Plan, SpeculationReport } from './generation.js';

/** The fields in which every edge reports a generation (snake_case, as OpenAI-compatible clients expect). */
export function wireUsage(timings: GenerationTimings) {
  return {
    prompt_tokens: timings.promptTokens,
    completion_tokens: timings.predictedTokens,
    total_tokens: timings.promptTokens + timings.predictedTokens,
  };
}

export function wireTimings(timings: GenerationTimings) {
  const seconds = timings.predictedMs / 1000;
  return {
    prompt_n: timings.promptTokens,
    prompt_ms: round(timings.promptMs),
    predicted_n: timings.predictedTokens,
    predicted_ms: round(timings.predictedMs),
    predicted_per_second: seconds > 0 ? round((timings.predictedTokens - 1) / seconds) : null,
    draft_n: timings.draftTokens,
    draft_n_accepted: timings.draftTokensAccepted,
  };
}

export function wireSpeculation(report: SpeculationReport) {
  const { plan } = report;
  return {
    mode: plan.mode,
    plan: wirePlan(plan),
    numerics: report.numerics,
    targets: report.targets,
    target_forwards: report.targetForwards,
    drafter_forwards: report.drafterForwards,
    rollbacks: report.rollbacks,
    wasted_drafts: report.wastedDrafts,
    stale_verdicts: report.staleVerdicts,
    acceptance: report.acceptance === undefined ? null : round(report.acceptance),
    estimated_speedup: report.estimatedSpeedup === undefined ? null : round(report.estimatedSpeedup),
  };
}

export function wirePlan(plan: Plan) {
  return {
    lookahead: plan.lookahead,
    wait: plan.wait,
    ahead: plan.ahead,
    least_likelihood: round(plan.leastLikelihood),
    job_tokens: plan.jobTokens,
    targets: plan.targets,
    drafters: plan.drafters,
    reason: plan.reason,
  };
}

export function wireResult(result: GenerationResult) {
  return {
    finish_reason: result.finishReason,
    usage: wireUsage(result.timings),
    timings: wireTimings(result.timings),
    speculation: wireSpeculation(result.speculation),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
