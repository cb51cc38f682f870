import type { Plan, SpeculationReport } from '../../src/core/generation.js';
import type { Numerics } from '../../src/core/model.js';

/** Weight of the newest decided draft in the running acceptance. */
const ACCEPTANCE_WEIGHT = 1 / 12;
/** Acceptance assumed before anything was decided. */
const ACCEPTANCE_PRIOR = 0.7;

/** Counts of one generation. */
export class Statistics {
  confirmed = 0;
  refuted = 0;
  rollbacks = 0;
  targetForwards = 0;
  drafterForwards = 0;
  staleVerdicts = 0;
  readonly targets = new Set<string>();
  private running = ACCEPTANCE_PRIOR;

  /** A running estimate that follows changes within a dozen decided drafts. */
  get recentAcceptance(): number {
    return this.running;
  }

  decided(confirmed: boolean): void {
    if (confirmed) this.confirmed++;
    else this.refuted++;
    this.running += ACCEPTANCE_WEIGHT * ((confirmed ? 1 : 0) - this.running);
  }

  report(
    plan: Plan,
    numerics: Numerics,
    wastedDrafts: number,
    estimatedSpeedup: number | undefined,
  ): SpeculationReport {
    const decided = this.confirmed + this.refuted;
    return {
      plan,
      numerics,
      targets: this.targets.size,
      targetForwards: this.targetForwards,
      drafterForwards: this.drafterForwards,
      rollbacks: this.rollbacks,
      wastedDrafts,
      acceptance: decided === 0 ? undefined : this.confirmed / decided,
      staleVerdicts: this.staleVerdicts,
      estimatedSpeedup,
    };
  }
}
