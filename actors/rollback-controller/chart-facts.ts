import type { ChartFacts } from '../../src/core/chart-frames.js';
import type { Speculation } from './speculation.js';

/** What a viewer of a generation's chart is told beside its state: counts, and no token. */
export function controllerFacts({ state, targets, drafters }: Speculation): ChartFacts {
  const { plan, tree, statistics, request } = state;
  const { acceptance } = tree;
  return {
    asked: request.mode,
    mode: plan.mode,
    lookahead: plan.lookahead,
    ahead: plan.ahead,
    committed: state.outputTokens,
    remaining: state.remaining,
    // The root is a node too.
    undecided: tree.size - 1,
    jobs: targets.jobsOut,
    targets: [...targets.links.values()].filter(({ phase }) => phase === 'ready').length,
    drafters: drafters.links.size,
    rollbacks: statistics.rollbacks,
    ...(acceptance !== undefined && { acceptance: Math.round(1000 * acceptance) / 1000 }),
  };
}
