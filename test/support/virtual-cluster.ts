import {
  createVirtualCluster as createCluster,
  type VirtualGeneration,
  type VirtualClusterOptions as WholeOptions,
} from '../../src/app/simulation/virtual-cluster.js';
import type { GenerationEnd } from '../../src/core/engine.js';

export type { VirtualGeneration } from '../../src/app/simulation/virtual-cluster.js';

export interface VirtualClusterOptions extends Omit<WholeOptions, 'target' | 'drafters'> {
  readonly targetMs: number;
  /** Undefined: no drafter. */
  readonly drafterMs?: number;
  /** Default 0.8. */
  readonly acceptance?: number;
  /** Drafts are right in runs of so many positions, about. Default 1: independently. */
  readonly burst?: number;
  /** Further parameters of every model: `jitter=0.2&perToken=1`. */
  readonly timing?: string;
}

export type VirtualCluster = ReturnType<typeof createVirtualCluster>;

/** A cluster with models by their times, and what tests ask of one. */
export function createVirtualCluster({
  targetMs,
  drafterMs,
  acceptance = 0.8,
  burst = 1,
  timing = '',
  ...options
}: VirtualClusterOptions) {
  const drafterUrl = (rightShare: number) =>
    `sim:drafter?ms=${drafterMs ?? 2}&acceptance=${rightShare}&burst=${burst}&${timing}`;
  const cluster = createCluster({
    ...options,
    target: `sim:target?ms=${targetMs}&${timing}`,
    drafters: drafterMs === undefined ? [] : [drafterUrl(acceptance)],
  });
  return {
    ...cluster,
    drafter: cluster.drafters[0],
    startDrafter: (rightShare = acceptance) => cluster.startDrafter(drafterUrl(rightShare)),
    /** Runs until the generation has ended; throws past `limitMs` of virtual time. */
    finish: (generation: VirtualGeneration, limitMs = 600_000): GenerationEnd => {
      cluster.scheduler.run({ until: () => generation.log.end !== undefined, limitMs });
      if (generation.log.end === undefined)
        throw new Error(`generation ${generation.request.id} did not end`);
      return generation.log.end;
    },
  };
}

export function tokensOf(generation: VirtualGeneration): number[] {
  return generation.log.tokens.map(({ token }) => token);
}
