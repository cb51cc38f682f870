import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import { STRAGGLER_FACTOR } from '../../core/pass-timing.js';
import { wirePlan } from '../../core/report.js';
import { simulateWithActors } from './simulate-actors.js';
import { simulateFast } from './simulate-fast.js';

/**
 * What `slipstream simulate --json` prints, times in virtual milliseconds; and of how many tokens every event was simulated.
 * `pause`: lets other things happen.
 */
export async function simulationReport(options: CompiledSimulationOptions, pause: () => Promise<void>) {
  const simulate = options.engine === 'fast' ? simulateFast : simulateWithActors;
  const simulated = await simulate(options, pause);
  const { msPerToken, acceptance, plan } = simulated;
  const report = {
    mode: plan.mode,
    ms_per_token: round(msPerToken),
    time_to_first_token_ms: round(simulated.timeToFirstTokenMs),
    speedup_over_none: msPerToken > 0 ? round(meanPassMs(options) / msPerToken) : null,
    target_forwards: simulated.targetForwards,
    drafter_forwards: simulated.drafterForwards,
    rollbacks: simulated.rollbacks,
    acceptance: acceptance === undefined ? null : round(acceptance),
    plan: wirePlan(plan),
  };
  return { report, detailedTokens: simulated.detailedTokens };
}

/** Of plain decoding, milliseconds per token: jitter has a mean of 1. */
function meanPassMs({ targetMs, stragglers }: CompiledSimulationOptions): number {
  return targetMs * (1 + (STRAGGLER_FACTOR - 1) * stragglers);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
