import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import type { GenerationResult } from '../../core/generation.js';
import { openSimulation } from './open-simulation.js';
import { runToEndWithPauses } from './run-to-end.js';
import type { Simulated } from './simulated.js';

/** One generation through the production actors in virtual time. */
export async function simulateWithActors(
  options: CompiledSimulationOptions,
  pause: () => Promise<void>,
): Promise<Simulated> {
  const drafter = `ms=${options.drafterMs}&${acceptanceOf(options)}`;
  const cluster = openSimulation({
    target: `ms=${options.targetMs}&perToken=${options.targetTokenMs}`,
    drafters: new Array<string>(options.drafters).fill(drafter),
    targets: options.targets,
    jitter: options.jitter,
    stragglers: options.stragglers,
    latencyMs: options.latencyMs,
    seed: options.seed,
  });
  const { mode, lookahead, wait, tokens, seed } = options;
  const generation = cluster.generate({
    id: `simulated-${seed}`,
    // Drafts are right by the path: another prompt is another text.
    promptTokenIds: [seed % 100, Math.floor(seed / 100) % 100, 3],
    mode,
    lookahead,
    wait,
    maxTokens: tokens,
  });
  const results = await runToEndWithPauses(cluster.scheduler, [generation], pause);
  const [result] = results as [GenerationResult];
  cluster.shutDown();
  const { timings, speculation } = result;
  return {
    msPerToken: timings.predictedMs / (timings.predictedTokens - 1),
    timeToFirstTokenMs: timings.promptMs,
    targetForwards: speculation.targetForwards,
    drafterForwards: speculation.drafterForwards,
    rollbacks: speculation.rollbacks,
    acceptance: speculation.acceptance,
    detailedTokens: tokens,
    plan: speculation.plan,
  };
}

function acceptanceOf({ acceptance, burst, acceptanceTrace }: CompiledSimulationOptions): string {
  return acceptanceTrace === undefined
    ? `acceptance=${acceptance}&burst=${burst}`
    : `trace=${encodeURIComponent(acceptanceTrace)}`;
}
