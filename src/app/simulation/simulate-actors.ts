import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import type { GenerationResult } from '../../core/generation.js';
import { LONGEST_RUN_MS, runToEnd } from './run-to-end.js';
import type { Simulated } from './simulated.js';
import { createVirtualCluster } from './virtual-cluster.js';

/** One generation through the production actors in virtual time. */
export function simulateWithActors(options: CompiledSimulationOptions): Simulated {
  const timing = `jitter=${options.jitter}&stragglers=${options.stragglers}&context=1000000`;
  const drafter = `sim:drafter?ms=${options.drafterMs}&${acceptanceOf(options)}&${timing}`;
  const cluster = createVirtualCluster({
    target: `sim:target?ms=${options.targetMs}&perToken=${options.targetTokenMs}&${timing}`,
    targets: options.targets,
    drafters: Array.from({ length: options.drafters }, () => drafter),
    faults: { delayMs: options.latencyMs },
    seed: options.seed,
    patienceMs: LONGEST_RUN_MS,
  });
  // Until everybody has heard of everybody.
  cluster.runFor(options.latencyMs + 1);
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
  const [result] = runToEnd(cluster.scheduler, [generation]) as [GenerationResult];
  cluster.shutDown();
  const { timings, speculation } = result;
  return {
    msPerToken: timings.predictedMs / (timings.predictedTokens - 1),
    timeToFirstTokenMs: timings.promptMs,
    targetForwards: speculation.targetForwards,
    drafterForwards: speculation.drafterForwards,
    rollbacks: speculation.rollbacks,
    acceptance: speculation.acceptance,
    plan: speculation.plan,
  };
}

function acceptanceOf({ acceptance, burst, acceptanceTrace }: CompiledSimulationOptions): string {
  return acceptanceTrace === undefined
    ? `acceptance=${acceptance}&burst=${burst}`
    : `trace=${encodeURIComponent(acceptanceTrace)}`;
}
