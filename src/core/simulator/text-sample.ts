import type { Plan } from '../generation.js';
import type { CommitWatch } from './controller.js';
import { NOTHING_PASSED, type Passed, SegmentCosts } from './segment-costs.js';
import { endsInRun, Segments } from './segments.js';
import type { PlanSource } from './settings.js';

/** Until drafters and targets are in step, and their speeds and the acceptance are known. */
const UNSTEADY_TOKENS = 2048;
/** What is known of shorter ones is little, above all how often passes and rollbacks come that are rare. */
const FEWEST_SEEN_TOKENS = 8192;
/** The mean time of a segment is known well enough with this standard error, as a share of it. */
const MOST_ERROR = 0.002;
/** From one look at the error to the next. */
const SEEN_GROWS = 1.25;

/** Where a text is cut into simulated positions, in tokens with the prompt. */
export interface TextPlaces {
  readonly promptTokens: number;
  /** From here on it is taken for steady. */
  readonly steadyFrom: number;
  readonly textEnd: number;
}

/** What the segments of a text that is simulated event by event took so far. */
export class TextSample implements CommitWatch {
  costs = new SegmentCosts();
  firstAtMs = 0;
  /** Undefined: not there yet. */
  steadyAtMs: number | undefined;
  /** At the end of the last whole segment. */
  length: number;
  passed: Passed = NOTHING_PASSED;
  goesOn = false;
  private readonly segments = new Segments();
  private plan: Plan;
  private seenFrom: number;
  private nextLook = FEWEST_SEEN_TOKENS;

  /** `isRight`: whether the draft for the last of so many tokens is right. */
  constructor(
    readonly places: TextPlaces,
    private readonly plans: PlanSource,
    readonly isRight: (length: number) => boolean,
  ) {
    this.plan = plans.plan;
    this.length = places.promptTokens;
    this.seenFrom = places.promptTokens + UNSTEADY_TOKENS;
  }

  committed(length: number, controller: { passed(): Passed }): void {
    const { promptTokens, steadyFrom } = this.places;
    if (length === promptTokens + 1) this.firstAtMs = controller.passed().ms;
    if (length === steadyFrom) this.steadyAtMs = controller.passed().ms;
    const kind = this.segments.next(this.isRight(length));
    if (kind < 0) return;
    const passed = controller.passed();
    if (this.plans.plan !== this.plan) this.beginAnew();
    if (this.length >= this.seenFrom) this.costs.add(kind, this.passed, passed);
    this.length = length;
    this.passed = passed;
    this.goesOn = endsInRun(kind);
  }

  /** Whether the rest need not be simulated. */
  isEnough(): boolean {
    const seen = this.length - this.seenFrom;
    if (seen < this.nextLook) return false;
    this.nextLook = SEEN_GROWS * seen;
    return this.costs.relativeError() < MOST_ERROR;
  }

  private beginAnew(): void {
    this.plan = this.plans.plan;
    this.costs = new SegmentCosts();
    this.seenFrom = this.length + UNSTEADY_TOKENS;
    this.nextLook = FEWEST_SEEN_TOKENS;
  }
}
