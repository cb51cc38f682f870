import type { AcceptanceBook } from './acceptance-book.js';
import { Level } from './level.js';
import type { DroppedDrafts } from './messages.js';
import type { ForwardTime } from './model.js';
import { forwardMs } from './planner/forward-times.js';

/** Assumed before a message's way was measured, milliseconds. */
const FIRST_HOP_MS = 0.3;
/** Measured times that tell of a change, and how many are remembered at most. */
const RECENT_TIMES = 20;
const MOST_TIMES = 1000;
/** What a target announces counts for so many. */
const ANNOUNCED_TIMES = 10;
/** How much passes vary is known from so many on. */
const VARYING_TIMES = 30;
/** One that is so many times what was measured before says something about that moment alone. */
const OUTLIER = 4;
/** Measured times below this may be rounding. */
const LEAST_MS = 1e-3;
/** The same of decided drafts, of which each says little. */
const RECENT_DRAFTS = 100;
const MOST_DRAFTS = 3000;

/** One message of a drafter: where its drafts go on, and what they took. */
export interface DraftsReceived {
  readonly worker: string;
  readonly epoch: number;
  readonly position: number;
  readonly ids: { readonly length: number };
  readonly startedAtMs: number;
  readonly forwardMs: number;
  /** The drafter rested after these. */
  readonly rests?: boolean | undefined;
  readonly dropped?: DroppedDrafts | undefined;
}

/** One drafter's times. */
interface DraftTimes {
  last: DraftsReceived | undefined;
  /** From one draft to the next. */
  readonly spacing: Level;
  /** What of it is no pass. */
  readonly between: Level;
}

/** What a generation measures while it runs. */
export class Measurements {
  private readonly confirmed: Level;
  private readonly hop = timeLevel();
  private answerHop = Number.POSITIVE_INFINITY;
  /** Of what targets take to what they announce. */
  private readonly targetRatio = new Level('factor', RECENT_TIMES, MOST_TIMES, 1, ANNOUNCED_TIMES);
  private readonly drafters = new Map<string, DraftTimes>();

  constructor(private readonly book: AcceptanceBook) {
    const { acceptance, drafts } = book.prior();
    this.confirmed = new Level('share', RECENT_DRAFTS, MOST_DRAFTS, acceptance, drafts);
  }

  /** Share of drafts that are right when those before them are, as it was lately. */
  get acceptance(): number {
    return this.confirmed.mean;
  }

  /** Decided drafts that `acceptance` rests upon, those of earlier texts included. */
  get decidedDrafts(): number {
    return this.confirmed.measured;
  }

  /** Milliseconds of a message one way, what is done about it at its end included. */
  get hopMs(): number {
    if (this.hop.measured > 0) return this.hop.mean;
    return Number.isFinite(this.answerHop) ? this.answerHop : FIRST_HOP_MS;
  }

  decided(confirmed: boolean): void {
    this.book.note(confirmed);
    this.confirmed.note(confirmed ? 1 : 0);
  }

  /** A worker answered after `roundTripMs`: of several the one that was least busy tells of messages. */
  answered(roundTripMs: number): void {
    this.answerHop = Math.min(this.answerHop, Math.max(0, roundTripMs) / 2);
  }

  /** A job of an idle target came back after `roundTripMs`, of which the pass took `passMs`. */
  jobReturned(roundTripMs: number, passMs: number): void {
    noteTime(this.hop, Math.max(0, roundTripMs - passMs) / 2);
  }

  /** A target's pass over `tokens` tokens took `ms`, where `times` say otherwise. */
  passTook(ms: number, tokens: number, times: readonly ForwardTime[]): void {
    const expected = forwardMs(times, tokens);
    if (expected > 0) noteTime(this.targetRatio, ms / expected);
  }

  /**
   * Drafts came: from the start of one message's passes to the next one's is what its drafts take, with all that goes
   * with them; the passes alone where the drafter `waits` for the targets between messages. Slow drafts are dropped more
   * often than fast ones, and are the last on a path: those that count by their passes alone would else be left out.
   */
  drafted(message: DraftsReceived, waits: boolean): void {
    const { worker, ids, dropped } = message;
    const times = this.drafters.get(worker) ?? {
      last: undefined,
      spacing: timeLevel(),
      between: timeLevel(),
    };
    this.drafters.set(worker, times);
    const { last } = times;
    times.last = undefined;
    if (last !== undefined) noteDrafts(times, last, waits ? undefined : message);
    if (dropped !== undefined) {
      const between = waits ? 0 : times.between.mean;
      noteTime(times.spacing, dropped.forwardMs / dropped.drafts + between, dropped.drafts);
    }
    if (ids.length === 0) return;
    if (waits) noteTime(times.spacing, message.forwardMs / ids.length, ids.length);
    else times.last = message;
  }

  /** T(n) as it was lately. */
  targetTimes(announced: readonly ForwardTime[]): readonly ForwardTime[] {
    const { mean } = this.targetRatio;
    return announced.map(({ tokens, ms }) => ({ tokens, ms: ms * mean }));
  }

  /** Passes that `targetTimes` rests upon, what was announced included. */
  get passes(): number {
    return this.targetRatio.measured;
  }

  /** Coefficient of variation of a target's passes; 0 before that is known. */
  get jitter(): number {
    return this.targetRatio.variationMeasured < VARYING_TIMES ? 0 : this.targetRatio.variation;
  }

  /** Milliseconds from one draft of this drafter to the next, as it was lately. */
  draftMs(worker: string, announcedMs: number): number {
    const spacing = this.drafters.get(worker)?.spacing;
    return spacing === undefined || spacing.measured === 0 ? announcedMs : spacing.mean;
  }
}

function timeLevel(): Level {
  return new Level('factor', RECENT_TIMES, MOST_TIMES);
}

/**
 * Notes what the drafts of one message took, of which the next one tells, if there is one that may tell of it: what was
 * dropped in between took its own time.
 */
function noteDrafts(
  { spacing, between }: DraftTimes,
  drafts: DraftsReceived,
  next: DraftsReceived | undefined,
): void {
  const { length } = drafts.ids;
  const passMs = drafts.forwardMs / length;
  const follows = drafts.epoch === next?.epoch && drafts.position + length === next.position;
  let pauseMs = Number.POSITIVE_INFINITY;
  if (follows && drafts.rests !== true) {
    const dropped = next.dropped ?? { drafts: 0, forwardMs: 0 };
    const passesMs = drafts.forwardMs + dropped.forwardMs;
    pauseMs = (next.startedAtMs - drafts.startedAtMs - passesMs) / (length + dropped.drafts);
  }
  // One that was held up by something else is not drafting either.
  const isDrafting = passMs + pauseMs <= OUTLIER * Math.max(passMs, 0.5);
  if (isDrafting) noteTime(between, Math.max(0, pauseMs), length);
  noteTime(spacing, passMs + (isDrafting ? pauseMs : between.mean), length);
}

/** `weight`: how many passes it is the mean of. */
function noteTime(level: Level, measured: number, weight = 1): void {
  level.note(
    level.mean > 0 ? Math.min(measured, OUTLIER * Math.max(level.mean, LEAST_MS)) : measured,
    weight,
  );
}
