import type { GenerationMode, Plan } from '../generation.js';
import { candidates, type PlanWish, thumbChoice } from './candidates.js';
import { forwardMs } from './forward-times.js';
import { makePlan, PLAIN, type PlanChoice } from './make-plan.js';
import { type Found, searchPlans, WORTH_A_CHANGE } from './search.js';
import {
  hasDrifted,
  hasOtherWorkers,
  isAnother,
  isBesideOnlyTarget,
  type Place,
  type Situation,
} from './situation.js';

/** What is chosen over plain decoding must promise to beat it by this much: predictions are not exact. */
const WORTH_A_RISK = 0.99;
/** What is in force must promise to beat plain decoding by this much, or it goes. */
const WORTH_DRAFTING = 0.997;

/** For fewer tokens than this, rules of thumb are good enough. */
const LEAST_TOKENS_TO_SEARCH = 24;

/**
 * The plan of one generation: at once by rules of thumb, then, where these are not the better guide, by predicting what
 * every candidate takes, again whenever what was measured has drifted. Predicting is work: `step` does a millisecond's
 * worth, and whoever owns the planner calls it as long as `isSearching`.
 */
export class Planner {
  private current: Plan;
  /** What was chosen, as far as the plan in force leaves that room. */
  private choice: PlanChoice;
  /** Times as fast as plain decoding, as was predicted when it was chosen. */
  private promised: number | undefined;
  /** What it was chosen for; undefined: nothing is known yet. */
  private planned: Situation | undefined;
  /** What the plan in force was filled in for. */
  private latest: Situation | undefined;
  private search: Generator<undefined, Found, undefined> | undefined;
  /** What was found last was for quite another situation, and not put in force. */
  private isOutdated = false;

  constructor(private readonly wish: PlanWish) {
    const mode: GenerationMode = wish.mode === 'auto' ? 'none' : wish.mode;
    this.choice = { ...PLAIN, mode };
    this.current = {
      ...this.choice,
      ahead: 0,
      leastLikelihood: 0,
      jobTokens: 0,
      placeCosts: [],
      targets: 0,
      drafters: 0,
      reason: 'no target yet',
    };
  }

  get plan(): Plan {
    return this.current;
  }

  get isSearching(): boolean {
    return this.search !== undefined;
  }

  /**
   * Whether rules of thumb say more than predictions: a drafter beside the only target slows it down by as much as no
   * model knows, and searching takes of the same cores.
   */
  goesByThumb(place: Place): boolean {
    return this.wish.mode !== 'auto' && isBesideOnlyTarget(place);
  }

  /**
   * Takes in what has been measured. The plan changes at once when it is the first, or when workers have come or gone;
   * otherwise only its bounds do, such as how far drafters run ahead, until another one is found.
   */
  observe(situation: Situation): void {
    const isFirst = this.latest === undefined || hasOtherWorkers(this.latest, situation);
    const byThumb = this.goesByThumb(situation);
    if (this.latest === undefined || hasDrifted(this.latest, situation)) {
      this.latest = situation;
      if (isFirst || byThumb) this.fillIn(thumbChoice(this.wish, situation), undefined, situation);
      else this.fillIn(this.choice, this.promised, situation);
    } else this.latest = withFewerMeasured(this.latest, situation);
    // What drifts on and on would never be planned for if each step of it began the search anew.
    if (!isFirst && this.isSearching) return;
    if (!isFirst && this.planned !== undefined && !hasDrifted(this.planned, situation)) {
      this.planned = withFewerMeasured(this.planned, situation);
      return;
    }
    this.planned = situation;
    this.search = undefined;
    if (byThumb || situation.remaining < LEAST_TOKENS_TO_SEARCH) return;
    const choices = candidates(this.wish, situation);
    if (choices.length > 1) this.search = searchPlans(this.wish, situation, this.choice, choices);
  }

  /** Makes one more prediction; after the last the plan may change. */
  step(): void {
    const result = this.search?.next();
    if (result?.done !== true) return;
    this.search = undefined;
    const { planned, latest } = this;
    if (planned === undefined || latest === undefined) return;
    // Twice in a row would be to plan for nothing at all where things change all the time.
    this.isOutdated = !this.isOutdated && isAnother(planned, latest);
    if (!this.isOutdated) this.decide(result.value, planned, latest);
  }

  private decide({ finalists, current }: Found, planned: Situation, latest: Situation): void {
    const plainMs = forwardMs(planned.targetTimes, 1);
    const isAuto = this.wish.mode === 'auto';
    const best = finalists.find(
      ({ plan, msPerToken }) => !isAuto || plan.mode === 'none' || msPerToken <= WORTH_A_RISK * plainMs,
    );
    const choice = best?.choice ?? PLAIN;
    const ms = best?.msPerToken ?? plainMs;
    const isPlain = this.current.mode === 'none';
    const mustGo = isAuto && !isPlain && current.msPerToken > WORTH_DRAFTING * plainMs;
    const plan = best?.plan ?? makePlan(PLAIN, planned, '');
    const isSaving = plan.drafters < current.plan.drafters && ms <= current.msPerToken;
    const isWorthIt = mustGo || isSaving || ms <= WORTH_A_CHANGE * current.msPerToken;
    if (isWorthIt || isSame(plan, current.plan)) this.fillIn(choice, plainMs / ms, latest);
  }

  /** Puts a choice in force, with the bounds that are right for what was measured last. */
  private fillIn(choice: PlanChoice, promised: number | undefined, latest: Situation): void {
    this.choice = choice;
    this.promised = promised;
    this.current = makePlan(choice, latest, describe(choice, this.wish, latest, promised));
  }
}

/** T or acceptance are learned anew: another plan may follow once they are known. */
function withFewerMeasured(then: Situation, now: Situation): Situation {
  const passes = Math.min(then.passes, now.passes);
  const decided = Math.min(then.decided, now.decided);
  return passes < then.passes || decided < then.decided ? { ...then, passes, decided } : then;
}

function isSame(a: Plan, b: Plan): boolean {
  return (
    a.mode === b.mode &&
    a.lookahead === b.lookahead &&
    a.wait === b.wait &&
    a.jobTokens === b.jobTokens &&
    a.drafters === b.drafters
  );
}

function describe(
  choice: PlanChoice,
  wish: PlanWish,
  situation: Situation,
  speedup: number | undefined,
): string {
  const { targetTimes, draftMs, acceptance, hopMs, targets, drafters } = situation;
  const measured = [`T=${forwardMs(targetTimes, 1).toFixed(1)} ms`];
  if (draftMs !== undefined) {
    measured.push(`c=${draftMs.toFixed(2)} ms`, `a=${acceptance.toFixed(2)}`, `l=${hopMs.toFixed(2)} ms`);
  }
  measured.push(`SP=${targets}`);
  // At hand: the plan says how many of them take turns.
  if (drafters > 1) measured.push(`drafters=${drafters}`);
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
