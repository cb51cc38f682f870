import type { Plan } from '../../core/generation.js';

/** What a simulated generation took, whichever engine ran it; times in virtual milliseconds. */
export interface Simulated {
  /** From the first committed token to the last, per token after the first. */
  readonly msPerToken: number;
  readonly timeToFirstTokenMs: number;
  readonly targetForwards: number;
  readonly drafterForwards: number;
  readonly rollbacks: number;
  /** Undefined while nothing was decided. */
  readonly acceptance: number | undefined;
  /** Tokens that were simulated event by event; of those after them it is known what they take on average. */
  readonly detailedTokens: number;
  /** In force at the end. */
  readonly plan: Plan;
}
