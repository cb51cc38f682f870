import { LONGEST_RUN_MS } from './run-to-end.js';
import { createVirtualCluster } from './virtual-cluster.js';

export interface SimulationSetup {
  /** How one target and each drafter behave, as in `sim:target?...` and `sim:drafter?...`; jitter and so on apart. */
  readonly target: string;
  readonly drafters: readonly string[];
  readonly targets: number;
  readonly stages?: number;
  /** Coefficient of variation of pass times (log-normal). */
  readonly jitter: number;
  /** Share of passes that take five times as long. */
  readonly stragglers: number;
  /** Of a message one way, milliseconds. */
  readonly latencyMs: number;
  readonly seed: number;
}

/** The production actors in virtual time, as soon as everybody has heard of everybody. */
export function openSimulation(setup: SimulationSetup): ReturnType<typeof createVirtualCluster> {
  const shared = `jitter=${setup.jitter}&stragglers=${setup.stragglers}&context=1000000`;
  const cluster = createVirtualCluster({
    target: `sim:target?${setup.target}&${shared}`,
    targets: setup.targets,
    stages: setup.stages ?? 1,
    drafters: setup.drafters.map((drafter) => `sim:drafter?${drafter}&${shared}`),
    faults: { delayMs: setup.latencyMs },
    seed: setup.seed,
    patienceMs: LONGEST_RUN_MS,
  });
  cluster.runFor(setup.latencyMs + 1);
  return cluster;
}
