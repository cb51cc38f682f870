import type { GenerationMode, Plan } from '../generation.js';
import { candidates, otherWaits, type PlanWish, thumbChoice } from './candidates.js';
import { forwardMs } from './forward-times.js';
import { makePlan, type PlanChoice } from './make-plan.js';
import { predictMsPerToken } from './predict.js';
import { hasDrifted, type Situation } from './situation.js';

/** Another plan must promise this much less time per token, or the one in force stays. */
const WORTH_A_CHANGE = 0.985;
/** What is chosen over plain decoding must promise to beat it by this much: predictions are not exact. */
const WORTH_A_RISK = 0.98;

/** For fewer tokens than this, rules of thumb are good enough. */
const LEAST_TOKENS_TO_SEARCH = 24;

interface Search {
  readonly situation: Situation;
  left: PlanChoice[];
  /** The best speculation with the wait of the rule of thumb; its other waits are looked at in the end. */
  speculation: { readonly choice: PlanChoice; readonly ms: number } | undefined;
  isRefining: boolean;
  readonly plainMs: number;
  /** What the plan in force takes, in this situation. */
  currentMs: number | undefined;
  best: Plan | undefined;
  bestMs: number;
}

/**
 * The plan of one generation: at once by rules of thumb, then by predicting what every candidate takes, again whenever
 * what was measured has drifted. Predicting is work: `step` does a millisecond's worth, and whoever owns the planner
 * calls it as long as `isSearching`.
 */
export class Planner {
  private current: Plan;
  /** What it was chosen for; undefined: nothing is known yet. */
  private planned: Situation | undefined;
  private search: Search | undefined;

  constructor(private readonly wish: PlanWish) {
    const mode: GenerationMode = wish.mode === 'auto' ? 'none' : wish.mode;
    this.current = {
      mode,
      lookahead: 1,
      wait: 0,
      ahead: 0,
      jobTokens: 0,
      targets: 0,
      reason: 'no target yet',
    };
  }

  get plan(): Plan {
    return this.current;
  }

  get isSearching(): boolean {
    return this.search !== undefined;
  }

  /** Takes in what has been measured. The plan changes at once when it is the first, or when workers have come or gone. */
  observe(situation: Situation): void {
    if (this.planned !== undefined && !hasDrifted(this.planned, situation)) return;
    const isFirst =
      this.planned === undefined ||
      this.planned.targets !== situation.targets ||
      (this.planned.draftMs === undefined) !== (situation.draftMs === undefined);
    this.planned = situation;
    const choices = candidates(this.wish, situation);
    this.search =
      choices.length > 1 && situation.remaining >= LEAST_TOKENS_TO_SEARCH
        ? {
            situation,
            left: choices,
            speculation: undefined,
            isRefining: false,
            plainMs: forwardMs(situation.targetTimes, 1),
            currentMs: undefined,
            best: undefined,
            bestMs: Number.POSITIVE_INFINITY,
          }
        : undefined;
    if (!isFirst) return;
    const choice =
      choices.length === 1 && choices[0] !== undefined ? choices[0] : thumbChoice(this.wish, situation);
    this.current = makePlan(choice, situation, describe(choice, this.wish, situation, undefined));
  }

  /** Looks at one more candidate; after the last the plan may change. */
  step(): void {
    const { search } = this;
    if (search === undefined) return;
    if (search.currentMs === undefined) {
      search.currentMs = this.predict(this.current, search);
      return;
    }
    const choice = search.left.shift();
    if (choice !== undefined) {
      this.consider(choice, search);
      return;
    }
    if (search.speculation !== undefined) {
      search.left = otherWaits(this.wish, search.speculation.choice);
      search.speculation = undefined;
      search.isRefining = true;
      return;
    }
    this.search = undefined;
    const { best, bestMs, currentMs, plainMs } = search;
    if (best === undefined) return;
    // Nothing that is predicted to be slower than plain decoding stays.
    const mustGo = this.wish.mode === 'auto' && currentMs > plainMs;
    if (isSame(best, this.current) || mustGo || bestMs <= WORTH_A_CHANGE * currentMs) this.current = best;
  }

  private consider(choice: PlanChoice, search: Search): void {
    const { situation, plainMs } = search;
    const plan = makePlan(choice, situation, '');
    const ms = plan.mode === 'none' ? plainMs : this.predict(plan, search);
    if (
      choice.mode === 'dsi' &&
      !search.isRefining &&
      ms < (search.speculation?.ms ?? Number.POSITIVE_INFINITY)
    )
      search.speculation = { choice, ms };
    const isRisky = this.wish.mode === 'auto' && plan.mode !== 'none' && ms > WORTH_A_RISK * plainMs;
    if (isRisky || ms >= search.bestMs) return;
    search.bestMs = ms;
    search.best = { ...plan, reason: describe(choice, this.wish, situation, plainMs / ms) };
  }

  private predict(plan: Plan, { situation, plainMs }: Search): number {
    return plan.mode === 'none' ? plainMs : predictMsPerToken(plan, situation);
  }
}

function isSame(a: Plan, b: Plan): boolean {
  return a.mode === b.mode && a.lookahead === b.lookahead && a.wait === b.wait && a.jobTokens === b.jobTokens;
}

function describe(
  choice: PlanChoice,
  wish: PlanWish,
  situation: Situation,
  speedup: number | undefined,
): string {
  const { targetTimes, draftMs, acceptance, hopMs, targets } = situation;
  const measured = [`T=${forwardMs(targetTimes, 1).toFixed(1)} ms`];
  if (draftMs !== undefined) {
    measured.push(`c=${draftMs.toFixed(2)} ms`, `a=${acceptance.toFixed(2)}`, `l=${hopMs.toFixed(2)} ms`);
  }
  measured.push(`SP=${targets}`);
  const why = whyChosen(choice, wish, situation, speedup);
  return `${why}; ${measured.join(', ')}`;
}

function whyChosen(
  choice: PlanChoice,
  wish: PlanWish,
  situation: Situation,
  speedup: number | undefined,
): string {
  if (situation.draftMs === undefined)
    return wish.mode === 'none' ? 'plain decoding asked for' : 'no drafter';
  if (wish.mode === 'none') return 'plain decoding asked for';
  if (choice.mode === 'none') return 'drafts would not pay';
  const given = wish.lookahead === undefined ? [] : ['lookahead asked for'];
  if (wish.mode !== 'auto') given.unshift(`${choice.mode} asked for`);
  if (speedup !== undefined) given.push(`predicted ${speedup.toFixed(2)}x plain decoding`);
  return given.length === 0 ? 'by rule of thumb' : given.join(', ');
}
