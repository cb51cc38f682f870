import type { Plan, RequestMode } from '../generation.js';
import type { PassTiming } from '../pass-timing.js';
import type { Situation } from '../planner/situation.js';

/** How often drafts are right. */
export type DraftAcceptance =
  /** Each with probability `rate`, 0..1, whatever came before. */
  | { readonly kind: 'independent'; readonly rate: number }
  /** In blocks of `length` positions, good with probability `rate`; what is right in one, see `acceptanceInBlock`. */
  | { readonly kind: 'bursts'; readonly rate: number; readonly length: number }
  /** As recorded: whether the draft of each output position is right where all before it are; repeated beyond its end. */
  | { readonly kind: 'trace'; readonly right: readonly boolean[] };

/** Where the plan in force comes from: a `Planner`, or `fixedPlan`. */
export interface PlanSource {
  readonly plan: Plan;
  readonly isSearching: boolean;
  observe(situation: Situation): void;
  step(): void;
}

/** One plan, whatever is measured. */
export function fixedPlan(plan: Plan): PlanSource {
  return { plan, isSearching: false, observe: () => {}, step: () => {} };
}

/** One generation, its workers and the network between them. Nothing is validated here. */
export interface SimulationSettings {
  /** As asked for: who takes part depends on it. */
  readonly mode: RequestMode;
  readonly target: PassTiming;
  readonly drafter: PassTiming;
  readonly acceptance: DraftAcceptance;
  /** Target instances, 1..64. Only one works in none and si. */
  readonly targets: number;
  /** Instances of the drafter, 0..3: one drafts, the others stand by. None are used in none. */
  readonly drafters: number;
  /** A message takes so long from process to process, one way, milliseconds. */
  readonly latencyMs: number;
  /** At least 1. */
  readonly promptTokens: number;
  /** Output tokens, at least 2. */
  readonly tokens: number;
  /** It is over when so many are committed, 2..tokens; all of them unless given. How a text ends is then left out. */
  readonly simulatedTokens?: number;
  /** Output tokens that are not yet taken for steady; fewer than are simulated; half of them unless given. */
  readonly unsteadyTokens?: number;
  /** 0..2^53-1. Decides everything random. */
  readonly seed: number;
  /** How often drafts were right in long texts before, 0..1; unless given this is the first text. */
  readonly knownAcceptance?: number;
}

/** What the generation took, counted as the rollback controller reports it. */
export interface SimulationResult {
  /** From the first committed token to the last, divided by the tokens after the first. */
  readonly msPerToken: number;
  /** The same without the unsteady tokens: when everything has been learned. */
  readonly steadyMsPerToken: number;
  /** From the request to the first committed token: sessions opened, the prompt ingested. */
  readonly timeToFirstTokenMs: number;
  /** Target passes whose verdicts came in time. */
  readonly targetForwards: number;
  /** Drafts that reached the controller. */
  readonly drafterForwards: number;
  readonly rollbacks: number;
  /** Committed tokens that had been drafted. */
  readonly accepted: number;
  /** Committed positions for which there were drafts, none of them right. */
  readonly refuted: number;
  /** Drafts that neither confirmed nor refuted a position. */
  readonly wastedDrafts: number;
}
