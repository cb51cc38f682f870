import type { CompiledSimulationOptions } from '../../../infra/config/simulation-options.js';
import { SystemError } from '../../core/errors.js';
import type { Simulated } from './simulated.js';
import { createVirtualCluster } from './virtual-cluster.js';

/** Virtual milliseconds after which a run is given up: a year. */
const LIMIT_MS = 365 * 24 * 3600 * 1000;

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
    patienceMs: LIMIT_MS,
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
  cluster.scheduler.run({ until: () => generation.log.end !== undefined, limitMs: LIMIT_MS });
  const { end } = generation.log;
  cluster.shutDown();
  if (end === undefined) throw new SystemError(`the simulated generation did not end within ${LIMIT_MS} ms`);
  if (end.outcome === 'failed') throw end.error;
  const { timings, speculation } = end.result;
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
