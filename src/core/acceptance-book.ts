import { DrafterTrust } from './drafter-trust.js';
import { PaceBook } from './planner/pace-book.js';
import type { SamplerParameters } from './sampler-parameters.js';

/** Assumed before anything was decided, and how many decided drafts that counts for. */
const PRIOR_ACCEPTANCE = 0.6;
const PRIOR_DRAFTS = 2;
/** A new generation trusts earlier ones as much as so many drafts of its own: texts differ. */
const MOST_PRIOR_DRAFTS = 12;
/** Decided drafts after which earlier ones count for half, over all generations. */
const HALF_LIFE_DRAFTS = 500;

export interface AcceptancePrior {
  readonly acceptance: number;
  /** How many decided drafts it counts for. */
  readonly drafts: number;
}

/** What a gateway knows of how often drafts are right, from one generation to the next. */
export class AcceptanceBook {
  /** Which drafter to believe. */
  readonly trust = new DrafterTrust();
  /** How fast each mode is, where workers share a machine. */
  readonly pace = new PaceBook();
  private confirmed = 0;
  private decided = 0;

  prior(): AcceptancePrior {
    const total = this.decided + PRIOR_DRAFTS;
    return {
      acceptance: (this.confirmed + PRIOR_ACCEPTANCE * PRIOR_DRAFTS) / total,
      drafts: Math.min(MOST_PRIOR_DRAFTS, total),
    };
  }

  note(confirmed: boolean): void {
    const decay = 0.5 ** (1 / HALF_LIFE_DRAFTS);
    this.confirmed = this.confirmed * decay + (confirmed ? 1 : 0);
    this.decided = this.decided * decay + 1;
  }
}

/** One book for greedy texts and one for sampled ones: drafts are right more often where nothing is drawn. */
export class AcceptanceBooks {
  private readonly greedy = new AcceptanceBook();
  private readonly sampled = new AcceptanceBook();

  of({ temperature }: SamplerParameters): AcceptanceBook {
    return temperature > 0 ? this.sampled : this.greedy;
  }
}
