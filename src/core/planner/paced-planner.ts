import type { GenerationMode, Plan } from '../generation.js';
import type { PlanWish } from './candidates.js';
import type { PaceBook } from './pace-book.js';
import { Planner } from './planner.js';
import type { Place, Situation } from './situation.js';
import { TextPace } from './text-pace.js';

/** Tokens after a change of mode, or a pause, that are not measured: what was under way comes to its end. */
const SKIPPED_TOKENS = 4;
/** Tokens of a window. Plain decoding is the same each time; drafts are right by chance. */
const WINDOW_TOKENS: Readonly<Record<GenerationMode, number>> = { none: 8, si: 16, dsi: 16 };

/** Of the pace of plain decoding, what a window that ends early says at most. */
const MOST_OF_SHORT = 2;

/** One planner for each mode; which of them is in force is decided by what their plans were measured to take. */
export class PacedPlanner {
  private readonly pace: TextPace;
  private readonly planners: Readonly<Record<GenerationMode, Planner>>;
  private mode: GenerationMode;
  private current: Plan | undefined;
  private situation: Situation | undefined;
  private skip = SKIPPED_TOKENS;
  private tokens = 0;
  private startMs = 0;

  constructor(book: PaceBook, wish: PlanWish) {
    const plannerOf = (mode: GenerationMode) => new Planner({ ...wish, mode });
    this.planners = { none: plannerOf('none'), si: plannerOf('si'), dsi: plannerOf('dsi') };
    this.pace = new TextPace(book);
    this.mode = this.pace.next();
  }

  get plan(): Plan {
    this.current ??= this.planNow();
    return this.current;
  }

  get isSearching(): boolean {
    return this.planners[this.mode].isSearching;
  }

  goesByThumb(place: Place): boolean {
    return this.planners[this.mode].goesByThumb(place);
  }

  observe(situation: Situation): void {
    this.situation = situation;
    this.planners[this.mode].observe(situation);
    this.current = undefined;
  }

  step(): void {
    this.planners[this.mode].step();
    this.current = undefined;
  }

  /** Something held the text up that has nothing to do with its mode: the window begins anew. */
  interrupted(): void {
    this.skip = SKIPPED_TOKENS;
    this.tokens = 0;
  }

  /** A token was committed. */
  committed(nowMs: number): void {
    if (this.skip > 0) {
      this.skip--;
      this.startMs = nowMs;
      return;
    }
    this.tokens++;
    const ms = nowMs - this.startMs;
    const isShort = this.tokens < WINDOW_TOKENS[this.mode];
    if (isShort && !this.isLosing(ms)) return;
    // Of a few tokens, a pause among them would say too much.
    const mostMs = isShort ? MOST_OF_SHORT * this.tokens * (this.pace.paceOf('none') ?? 0) : ms;
    this.pace.note(this.mode, this.tokens, Math.min(ms, mostMs));
    this.tokens = 0;
    this.startMs = nowMs;
    const mode = this.pace.next();
    if (mode !== this.mode) {
      this.mode = mode;
      this.skip = SKIPPED_TOKENS;
      if (this.situation !== undefined) this.planners[mode].observe(this.situation);
    }
    this.current = undefined;
  }

  /** Whether plain decoding would be through with the window after so many milliseconds. */
  private isLosing(ms: number): boolean {
    const plainMs = this.pace.paceOf('none');
    return this.mode !== 'none' && plainMs !== undefined && ms >= WINDOW_TOKENS[this.mode] * plainMs;
  }

  private planNow(): Plan {
    const { plan } = this.planners[this.mode];
    const reason = this.pace.summary ?? `trying ${this.mode}`;
    const [, ...measured] = plan.reason.split('; ');
    // Drafts are not even compared: their passes would slow the target down.
    const resting = this.mode === 'none' ? { ahead: 0, drafters: 0 } : {};
    return { ...plan, ...resting, reason: [reason, ...measured].join('; ') };
  }
}
