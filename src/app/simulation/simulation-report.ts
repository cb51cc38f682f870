import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import { wirePlan } from '../../core/report.js';
import { simulateWithActors } from './simulate-actors.js';

/** What `slipstream simulate --json` prints; times in virtual milliseconds. */
export function simulationReport(options: CompiledSimulationOptions) {
  const { timings, speculation } = simulateWithActors(options);
  const msPerToken = timings.predictedMs / (timings.predictedTokens - 1);
  return {
    mode: speculation.plan.mode,
    ms_per_token: round(msPerToken),
    time_to_first_token_ms: round(timings.promptMs),
    speedup_over_none: msPerToken > 0 ? round(meanPassMs(options) / msPerToken) : null,
    target_forwards: speculation.targetForwards,
    drafter_forwards: speculation.drafterForwards,
    rollbacks: speculation.rollbacks,
    acceptance: speculation.acceptance === undefined ? null : round(speculation.acceptance),
    plan: wirePlan(speculation.plan),
  };
}

/** Of plain decoding, milliseconds per token: jitter has a mean of 1, stragglers take five times as long. */
function meanPassMs({ targetMs, stragglers }: CompiledSimulationOptions): number {
  return targetMs * (1 + 4 * stragglers);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
