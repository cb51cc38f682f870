import type { DraftTree } from '../../src/core/draft-tree.js';
import type { Plan, SpeculationReport } from '../../src/core/generation.js';
import type { Numerics } from '../../src/core/model.js';

/** Acceptance assumed before anything was decided, and how many decided drafts that assumption counts for. */
const PRIOR_ACCEPTANCE = 0.6;
const PRIOR_DRAFTS = 2;
/** Each decided draft makes those before it count for this much less: about a dozen are remembered. */
const MEMORY = 0.92;

/** Counts of one generation, besides those of its draft tree. */
export class Statistics {
  rollbacks = 0;
  targetForwards = 0;
  drafterForwards = 0;
  staleVerdicts = 0;
  readonly targets = new Set<string>();
  private confirmedWeight = PRIOR_ACCEPTANCE * PRIOR_DRAFTS;
  private decidedWeight = PRIOR_DRAFTS;

  /** A running estimate that follows changes within a dozen decided drafts. */
  get recentAcceptance(): number {
    return this.confirmedWeight / this.decidedWeight;
  }

  decided(confirmed: boolean): void {
    this.confirmedWeight = this.confirmedWeight * MEMORY + (confirmed ? 1 : 0);
    this.decidedWeight = this.decidedWeight * MEMORY + 1;
  }

  report(
    plan: Plan,
    numerics: Numerics,
    tree: DraftTree,
    estimatedSpeedup: number | undefined,
  ): SpeculationReport {
    const decided = tree.confirmedDrafts + tree.refutedDrafts;
    return {
      plan,
      numerics,
      targets: this.targets.size,
      targetForwards: this.targetForwards,
      drafterForwards: this.drafterForwards,
      rollbacks: this.rollbacks,
      wastedDrafts: tree.wastedDrafts,
      acceptance: decided === 0 ? undefined : tree.confirmedDrafts / decided,
      staleVerdicts: this.staleVerdicts,
      estimatedSpeedup,
    };
  }
}
