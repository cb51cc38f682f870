import { AcceptanceBook } from '../acceptance-book.js';
import type { Proposal } from '../draft-tree.js';
import { flushMs } from '../drafter-patience.js';
import { draftersListen, draftsInRounds, targetsListen } from '../drafter-rules.js';
import { DrafterUsefulness } from '../drafter-usefulness.js';
import type { Plan } from '../generation.js';
import { Measurements } from '../measurements.js';
import type { ForwardTime } from '../model.js';
import { announcedTimes } from '../pass-timing.js';
import { forwardMs } from '../planner/forward-times.js';
import { REPLAN_TOKENS } from '../planner/situation.js';
import type { DraftProposed } from './messages.js';
import type { PlanSource, SimulationSettings } from './settings.js';

/** All drafters are instances of one model, as sure as can be. */
const DRAFTER = 'drafter';
const SURE = 255;
const DRAFTED: readonly Proposal[] = [{ drafter: DRAFTER, confidence: SURE }];
const NOT_DRAFTED: readonly Proposal[] = [];
/** Decided drafts of earlier texts: more would hardly say more. */
const KNOWN_DRAFTS = 400;

/** What the controller measures and plans: the production code, told of a simulated generation. */
export class Course {
  private readonly book = new AcceptanceBook();
  private readonly measurements = new Measurements(this.book);
  private readonly usefulness = new DrafterUsefulness();
  private readonly targetTimes: readonly ForwardTime[];
  private readonly targetMs: number;
  private readonly drafterNames: readonly string[];
  private draftMs: number | undefined;
  private tokens = 0;
  private observedAtTokens = 0;

  constructor(
    private readonly settings: SimulationSettings,
    private readonly plans: PlanSource,
    drafters: number,
  ) {
    if (settings.knownAcceptance !== undefined) this.remember(settings.knownAcceptance);
    this.targetTimes = announcedTimes(settings.target);
    this.targetMs = forwardMs(this.targetTimes, 1);
    this.drafterNames = Array.from({ length: drafters }, (_, index) => `${DRAFTER}-${index}`);
    this.measureDrafters();
  }

  get plan(): Plan {
    return this.plans.plan;
  }

  get isSearching(): boolean {
    return this.plans.isSearching;
  }

  considerPlan(): void {
    this.plans.step();
  }

  get hopMs(): number {
    return this.measurements.hopMs;
  }

  get draftersListen(): boolean {
    return draftersListen(this.plans.plan, this.draftMs ?? 0, this.hopMs, this.targetMs);
  }

  get flushMs(): number {
    return flushMs(this.plans.plan, this.draftMs ?? 0, this.targetMs);
  }

  get targetsListen(): boolean {
    return targetsListen(this.plans.plan, this.draftMs ?? 0, this.hopMs, this.targetMs);
  }

  get draftsRest(): boolean {
    return this.usefulness.rests(DRAFTER);
  }

  addDrafter(): void {
    this.usefulness.add(DRAFTER);
  }

  /** Probability that the next draft is right. */
  belief(): number {
    return this.book.trust.belief(DRAFTER, SURE);
  }

  observe(): void {
    this.observedAtTokens = this.tokens;
    const { measurements, settings } = this;
    this.plans.observe({
      targetTimes: measurements.targetTimes(this.targetTimes),
      draftMs: this.draftMs,
      acceptance: measurements.acceptance,
      decided: measurements.decidedDrafts,
      hopMs: measurements.hopMs,
      jitter: measurements.jitter,
      passes: measurements.passes,
      targets: settings.targets,
      drafters: this.drafterNames.length,
      // Everybody has a host of his own.
      sharesHost: false,
      remaining: settings.tokens - this.tokens,
    });
  }

  /** A token was committed, which had been drafted or not, and for which so many drafts were wrong. */
  committed(drafted: boolean, refuted: number): void {
    const { trust } = this.book;
    if (drafted) trust.note(DRAFTER, SURE, true);
    for (let i = 0; i < refuted; i++) trust.note(DRAFTER, SURE, false);
    this.usefulness.noteCommitted(drafted ? DRAFTED : NOT_DRAFTED);
    if (drafted) this.measurements.decided(true);
    else if (refuted > 0) this.measurements.decided(false);
    this.tokens++;
  }

  /** Everything decided is committed. */
  settled(): void {
    if (this.tokens - this.observedAtTokens >= REPLAN_TOKENS) this.observe();
  }

  drafted(message: DraftProposed): void {
    const { from, epoch, startedAtMs, rests, dropped } = message;
    const worker = this.drafterNames[message.drafter] as string;
    const ids = { length: message.length - from };
    // One by one: copying all but some of them takes several times as long as everything else here.
    this.measurements.drafted(
      { worker, epoch, position: from, ids, startedAtMs, forwardMs: message.forwardMs, rests, dropped },
      draftsInRounds(this.plan),
    );
    this.measureDrafters();
  }

  answered(roundTripMs: number): void {
    this.measurements.answered(roundTripMs);
  }

  passTook(ms: number, tokens: number): void {
    this.measurements.passTook(ms, tokens, this.targetTimes);
  }

  jobReturned(roundTripMs: number, passMs: number): void {
    this.measurements.jobReturned(roundTripMs, passMs);
  }

  /** What the texts before have taught. */
  private remember(acceptance: number): void {
    for (let draft = 1; draft <= KNOWN_DRAFTS; draft++) {
      const isRight = Math.floor(draft * acceptance) > Math.floor((draft - 1) * acceptance);
      this.book.trust.note(DRAFTER, SURE, isRight);
    }
  }

  /** As `DrafterSide.draftMs`, where all drafters are of the same use. */
  private measureDrafters(): void {
    const { measurements, settings, usefulness, drafterNames } = this;
    let sum = 0;
    let fastest: number | undefined;
    for (const worker of drafterNames) {
      const ms = measurements.draftMs(worker, settings.drafter.ms);
      fastest = Math.min(fastest ?? ms, ms);
      sum += ms;
    }
    this.draftMs = usefulness.share(DRAFTER) > 0 ? sum / drafterNames.length : fastest;
  }
}
