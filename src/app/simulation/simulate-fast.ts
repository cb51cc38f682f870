import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import { STRAGGLER_FACTOR, steadyTiming } from '../../core/pass-timing.js';
import { Planner } from '../../core/planner/planner.js';
import { startLongSimulation } from '../../core/simulator/long-text.js';
import type { DraftAcceptance, SimulationSettings } from '../../core/simulator/settings.js';
import { readAcceptanceTrace } from '../sim-records.js';
import type { Simulated } from './simulated.js';

/** Between two pauses: some hundredths of a second. */
const EVENTS_AT_A_TIME = 50_000;

/** One generation through the fast simulator: the production planner and measurements, and no tokens. */
export async function simulateFast(
  options: CompiledSimulationOptions,
  pause: () => Promise<void>,
): Promise<Simulated> {
  const { mode, lookahead, wait } = options;
  const planner = new Planner({ mode, lookahead, wait });
  const run = startLongSimulation(settingsOf(options), planner);
  while (!run.advance(EVENTS_AT_A_TIME)) await pause();
  const { accepted, refuted, ...result } = run.result();
  return {
    ...result,
    acceptance: accepted + refuted > 0 ? accepted / (accepted + refuted) : undefined,
    plan: planner.plan,
  };
}

function settingsOf(options: CompiledSimulationOptions): SimulationSettings {
  const { mode, targets, drafters, latencyMs, tokens, seed, jitter, stragglers } = options;
  const timing = (ms: number) => ({
    ...steadyTiming(ms),
    jitter,
    stragglers,
    stragglerFactor: STRAGGLER_FACTOR,
  });
  return {
    mode,
    target: { ...timing(options.targetMs), perTokenMs: options.targetTokenMs },
    drafter: timing(options.drafterMs),
    acceptance: acceptanceOf(options),
    targets,
    drafters,
    latencyMs,
    promptTokens: 3,
    tokens,
    seed,
  };
}

function acceptanceOf(options: CompiledSimulationOptions): DraftAcceptance {
  const { acceptance: rate, burst, acceptanceTrace } = options;
  if (acceptanceTrace !== undefined) return { kind: 'trace', right: readAcceptanceTrace(acceptanceTrace) };
  return burst === 1 ? { kind: 'independent', rate } : { kind: 'bursts', rate, length: burst };
}
