import type { Plan } from '../generation.js';
import type { CommitWatch } from './controller.js';
import { Lines, TEXT } from './lines.js';
import { NOTHING_PASSED, type Passed, SegmentCosts } from './segment-costs.js';
import { endsInRun, SEGMENT_KINDS, Segments } from './segments.js';
import type { PlanSource, SimulationResult, SimulationSettings } from './settings.js';
import { type SimulationRun, startSimulation } from './simulate.js';
import { type DraftTruth, draftTruth } from './truth.js';

/** Shorter texts are simulated in detail from beginning to end. */
const FEWEST_TOKENS = 20_000;
/** Until drafters and targets are in step, and their speeds and the acceptance are known. */
const UNSTEADY_TOKENS = 2048;
/** What is known of shorter ones is little, above all how often passes and rollbacks come that are rare. */
const FEWEST_SEEN_TOKENS = 8192;
/** The mean time of a segment is known well enough with this standard error, as a share of it. */
const MOST_ERROR = 0.002;
/** From one look at the error to the next. */
const SEEN_GROWS = 1.25;
const EVENTS_AT_A_TIME = 20_000;

export interface LongResult extends SimulationResult {
  /** Tokens that were simulated event by event: those after them were counted. */
  readonly detailedTokens: number;
}

export interface LongRun {
  /** Goes on for so many events at most. True: it has come to its end. */
  advance(events: number): boolean;
  /** Once it has ended. */
  result(): LongResult;
}

/**
 * Millions of tokens a second where drafts are right independently of each other. Such a text consists of segments, from
 * one wrong draft to the next, that are alike: what is before one says nothing of how long it is. So a text is simulated
 * event by event until it is known what segments take by their length; which drafts are right in the rest is drawn as ever, and
 * what its segments take is the mean of those seen (a regenerative simulation, in which the lengths are control variates).
 * Other texts, and short ones, are simulated in detail throughout.
 */
export function startLongSimulation(settings: SimulationSettings, plans: PlanSource): LongRun {
  const { acceptance, seed, promptTokens } = settings;
  const truth = draftTruth(acceptance, seed, promptTokens);
  if (!hasLikeSegments(settings)) return inDetail(settings, startSimulation(settings, plans, truth));
  const sample = new TextSample(settings, plans, truth);
  const run = startSimulation(settings, plans, truth, 0, undefined, sample);
  let ended = false;
  return {
    advance: (events) => {
      ended = run.advance(events);
      return ended || sample.isEnough();
    },
    result: () => (ended ? inDetail(settings, run).result() : sample.result(run.result().timeToFirstTokenMs)),
  };
}

/** The same in one piece. */
export function simulateLong(settings: SimulationSettings, plans: PlanSource): LongResult {
  const run = startLongSimulation(settings, plans);
  while (!run.advance(EVENTS_AT_A_TIME));
  return run.result();
}

function hasLikeSegments({
  acceptance,
  tokens,
  simulatedTokens,
  target,
  drafter,
}: SimulationSettings): boolean {
  const isSteady = target.drift === 1 && drafter.drift === 1;
  return acceptance.kind === 'independent' && isSteady && (simulatedTokens ?? tokens) >= FEWEST_TOKENS;
}

function inDetail({ tokens, simulatedTokens = tokens }: SimulationSettings, run: SimulationRun): LongRun {
  return {
    advance: (events) => run.advance(events),
    result: () => ({ ...run.result(), detailedTokens: simulatedTokens }),
  };
}

/** What the segments of a text took so far, and what the whole of it will take. */
class TextSample implements CommitWatch {
  private readonly lines = new Lines();
  private readonly segments = new Segments();
  private costs = new SegmentCosts();
  private plan: Plan;
  private seenFrom: number;
  private nextLook = FEWEST_SEEN_TOKENS;
  private firstAtMs = 0;
  private steadyAtMs: number | undefined;
  /** At the end of the last whole segment. */
  private length: number;
  private passed: Passed = NOTHING_PASSED;
  private goesOn = false;
  private readonly tokens: number;
  private readonly steadyFrom: number;

  constructor(
    private readonly settings: SimulationSettings,
    private readonly plans: PlanSource,
    private readonly truth: DraftTruth,
  ) {
    const { promptTokens, tokens, simulatedTokens = tokens, unsteadyTokens } = settings;
    this.plan = plans.plan;
    this.length = promptTokens;
    this.seenFrom = promptTokens + UNSTEADY_TOKENS;
    this.tokens = simulatedTokens;
    this.steadyFrom = promptTokens + (unsteadyTokens ?? Math.ceil(simulatedTokens / 2));
  }

  committed(length: number, controller: { passed(): Passed }): void {
    const { promptTokens } = this.settings;
    if (length === promptTokens + 1) this.firstAtMs = controller.passed().ms;
    if (length === this.steadyFrom) this.steadyAtMs = controller.passed().ms;
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

  result(timeToFirstTokenMs: number): LongResult {
    const { tokens, firstAtMs, steadyFrom } = this;
    const { promptTokens } = this.settings;
    const textEnd = promptTokens + tokens;
    const { ms, ...counts } = this.passedAt(textEnd);
    const steadyAtMs = this.steadyAtMs ?? this.passedAt(steadyFrom).ms;
    const whole = Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, Math.round(count)]),
    ) as typeof counts;
    return {
      msPerToken: (ms - firstAtMs) / (tokens - 1),
      steadyMsPerToken: (ms - steadyAtMs) / (textEnd - steadyFrom),
      timeToFirstTokenMs,
      ...whole,
      wastedDrafts: whole.drafterForwards - whole.accepted - whole.refuted,
      detailedTokens: this.length - promptTokens,
    };
  }

  /** What has passed when a text of `end` tokens, prompt included, is committed. */
  private passedAt(end: number): Passed {
    const segments = new Segments(this.goesOn);
    const counts = new Float64Array(SEGMENT_KINDS);
    let known = this.length;
    for (let length = this.length + 1; length <= end; length++) {
      const kind = segments.next(this.isRight(length));
      if (kind < 0) continue;
      counts[kind] = (counts[kind] as number) + 1;
      known = length;
    }
    const rest = this.costs.expected(counts);
    // The last segment is cut off.
    const share = known > this.length ? (end - this.length) / (known - this.length) : 0;
    const total = { ...this.passed };
    for (const name of Object.keys(total) as (keyof Passed)[]) total[name] += share * rest[name];
    return total;
  }

  /** Whether the draft for the last of `length` tokens is right. */
  private isRight(length: number): boolean {
    return this.truth.isRight(this.lines, TEXT, length - 1);
  }

  private beginAnew(): void {
    this.plan = this.plans.plan;
    this.costs = new SegmentCosts();
    this.seenFrom = this.length + UNSTEADY_TOKENS;
    this.nextLook = FEWEST_SEEN_TOKENS;
  }
}
