import type { DraftTree } from '../../src/core/draft-tree.js';
import type { Plan, SpeculationReport } from '../../src/core/generation.js';
import type { Numerics } from '../../src/core/model.js';

/** Counts of one generation, besides those of its draft tree. */
export class Statistics {
  rollbacks = 0;
  targetForwards = 0;
  drafterForwards = 0;
  staleVerdicts = 0;
  readonly targets = new Set<string>();
  report(
    plan: Plan,
    numerics: Numerics,
    tree: DraftTree,
    estimatedSpeedup: number | undefined,
  ): SpeculationReport {
    return {
      plan,
      numerics,
      targets: this.targets.size,
      targetForwards: this.targetForwards,
      drafterForwards: this.drafterForwards,
      rollbacks: this.rollbacks,
      wastedDrafts: tree.wastedDrafts,
      acceptance: tree.acceptance,
      staleVerdicts: this.staleVerdicts,
      estimatedSpeedup,
    };
  }
}
