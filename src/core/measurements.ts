import type { AcceptanceBook } from './acceptance-book.js';
import type { ForwardTime } from './model.js';
import { forwardMs } from './planner/forward-times.js';

/** Assumed before a message's way was measured, milliseconds. */
const FIRST_HOP_MS = 0.3;
/** What one measurement counts against those before it. */
const NEWS = 0.05;
/** One that is so many times what was measured before says something about that moment alone. */
const OUTLIER = 4;
/** Each decided draft makes those before it count for this much less: about a hundred are remembered. */
const ACCEPTANCE_MEMORY = 0.99;

/** One message of a drafter: where its drafts go on, and what they took. */
export interface DraftsReceived {
  readonly worker: string;
  readonly epoch: number;
  readonly position: number;
  readonly ids: { readonly length: number };
  readonly startedAtMs: number;
  readonly forwardMs: number;
}

/** What a generation measures while it runs. */
export class Measurements {
  private confirmedWeight: number;
  private decidedWeight: number;
  private hop: number | undefined;
  private answerHop = Number.POSITIVE_INFINITY;
  private targetRatio = 1;
  private readonly drafters = new Map<
    string,
    { last: DraftsReceived | undefined; spacingMs: number | undefined }
  >();

  constructor(private readonly book: AcceptanceBook) {
    const { acceptance, drafts } = book.prior();
    this.confirmedWeight = acceptance * drafts;
    this.decidedWeight = drafts;
  }

  /** Share of drafts that are right when those before them are, as it was lately. */
  get acceptance(): number {
    return this.confirmedWeight / this.decidedWeight;
  }

  /** Milliseconds of a message one way, what is done about it at its end included. */
  get hopMs(): number {
    if (this.hop !== undefined) return this.hop;
    return Number.isFinite(this.answerHop) ? this.answerHop : FIRST_HOP_MS;
  }

  decided(confirmed: boolean): void {
    this.book.note(confirmed);
    this.confirmedWeight = this.confirmedWeight * ACCEPTANCE_MEMORY + (confirmed ? 1 : 0);
    this.decidedWeight = this.decidedWeight * ACCEPTANCE_MEMORY + 1;
  }

  /** A worker answered after `roundTripMs`: of several the one that was least busy tells of messages. */
  answered(roundTripMs: number): void {
    this.answerHop = Math.min(this.answerHop, Math.max(0, roundTripMs) / 2);
  }

  /** A job of an idle target came back after `roundTripMs`, of which the pass took `passMs`. */
  jobReturned(roundTripMs: number, passMs: number): void {
    const measured = Math.max(0, roundTripMs - passMs) / 2;
    this.hop = this.hop === undefined ? measured : average(this.hop, measured);
  }

  /** A target's pass over `tokens` tokens took `ms`, where `times` say otherwise. */
  passTook(ms: number, tokens: number, times: readonly ForwardTime[]): void {
    const expected = forwardMs(times, tokens);
    if (expected > 0) this.targetRatio = average(this.targetRatio, ms / expected);
  }

  /** Drafts came: from the start of one message's passes to the next one's is what its drafts take, with all that goes with them. */
  drafted(message: DraftsReceived): void {
    const drafter = this.drafters.get(message.worker) ?? { last: undefined, spacingMs: undefined };
    this.drafters.set(message.worker, drafter);
    const { last } = drafter;
    drafter.last = message.ids.length > 0 ? message : undefined;
    if (last === undefined || last.epoch !== message.epoch) return;
    if (last.position + last.ids.length !== message.position) return;
    const spacing = (message.startedAtMs - last.startedAtMs) / last.ids.length;
    const passes = last.forwardMs / last.ids.length;
    // One that is far enough ahead is not drafting.
    if (spacing > OUTLIER * Math.max(passes, 0.5)) return;
    drafter.spacingMs = drafter.spacingMs === undefined ? spacing : average(drafter.spacingMs, spacing);
  }

  /** T(n) as it was lately. */
  targetTimes(announced: readonly ForwardTime[]): readonly ForwardTime[] {
    return announced.map(({ tokens, ms }) => ({ tokens, ms: ms * this.targetRatio }));
  }

  /** Milliseconds from one draft of this drafter to the next, as it was lately. */
  draftMs(worker: string, announcedMs: number): number {
    return this.drafters.get(worker)?.spacingMs ?? announcedMs;
  }
}

function average(before: number, measured: number): number {
  const bounded = before > 0 ? Math.min(measured, OUTLIER * before) : measured;
  return before + NEWS * (bounded - before);
}
