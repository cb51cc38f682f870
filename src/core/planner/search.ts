import type { GenerationMode, Plan } from '../generation.js';
import { otherDrafters, otherLookaheads, otherWaits, type PlanWish } from './candidates.js';
import { makePlan, type PlanChoice } from './make-plan.js';
import { predictMsPerToken } from './predict.js';
import type { Situation } from './situation.js';

/** Another plan must promise this much less time per token, or the one in force stays; so must one with a drafter more. */
export const WORTH_A_CHANGE = 0.993;

/** Speculations that are refined: the best lookahead at first sight is not always the best with its best wait. */
const REFINED = 2;
/** Where passes vary a text tells less: for a coefficient of variation of 1, so many times as many more are predicted. */
const MORE_TEXTS = 6;
/** And so many times as much further from the best may be what is the best. */
const MORE_DISTANCE = 5;
/** Variation beyond this is not worth more texts. */
const MOST_JITTER = 0.5;

/** Of those that came so near to the best on the texts before, so many at most are predicted on further texts. */
interface Round {
  readonly distance: number;
  readonly most: number;
  readonly texts: number;
}

/**
 * Texts by threes, or some plans would be judged by the acceptances that suit them. Where passes do not vary, the first
 * text may mislead by a tenth.
 */
function roundsOf(situation: Situation): readonly Round[] {
  const jitter = Math.min(MOST_JITTER, situation.jitter);
  const patience = 1 + MORE_TEXTS * jitter;
  const tolerance = 1 + MORE_DISTANCE * jitter;
  return [
    { distance: 0.1 * tolerance, most: 8 * tolerance, texts: 2 },
    { distance: 0.03 * tolerance, most: 6 * tolerance, texts: 3 * patience },
    { distance: 0.01 * tolerance, most: 3 * tolerance, texts: 6 * patience },
  ];
}

/** A plan and what it is predicted to take, the mean over the texts so far. */
export class Candidate {
  private texts = 0;
  private sumMs = 0;

  readonly plan: Plan;

  constructor(
    readonly choice: PlanChoice,
    private readonly situation: Situation,
    private readonly inForce: PlanChoice,
  ) {
    this.plan = makePlan(choice, situation, '');
  }

  get msPerToken(): number {
    return this.sumMs / this.texts;
  }

  /** What it is ranked by: milliseconds per token, and a drafter that did not take part so far must be worth it. */
  get costMs(): number {
    const { inForce, situation, plan } = this;
    const isMore = plan.drafters > Math.max(1, Math.min(inForce.drafters, situation.drafters));
    return isMore ? this.msPerToken / WORTH_A_CHANGE : this.msPerToken;
  }

  /** Predicts on one text more. */
  predict(): void {
    this.sumMs += predictMsPerToken(this.plan, this.situation, this.texts);
    this.texts++;
  }
}

/** What a search has found. */
export interface Found {
  /** Plans that were looked at until the end, the best first. */
  readonly finalists: readonly Candidate[];
  /** The plan in force, in this situation. */
  readonly current: Candidate;
}

/**
 * Looks for the best plan: one prediction from each `yield` to the next. The first `choices` on one text, then the
 * waits of the best speculations and the lookaheads again with the best wait, then the best with and without a standby;
 * those that are nearest to the best on more and more texts, all on the same.
 */
export function* searchPlans(
  wish: PlanWish,
  situation: Situation,
  inForce: PlanChoice,
  choices: readonly PlanChoice[],
): Generator<undefined, Found, undefined> {
  const current = new Candidate(inForce, situation, inForce);
  current.predict();
  yield;
  const field = new Map([[keyOf(current.plan), current]]);
  function* look(others: readonly PlanChoice[]): Generator<undefined, void, undefined> {
    for (const choice of others) {
      const candidate = new Candidate(choice, situation, inForce);
      const key = keyOf(candidate.plan);
      if (field.has(key)) continue;
      field.set(key, candidate);
      candidate.predict();
      yield;
    }
  }
  yield* look(choices);
  for (const { choice } of sorted(field, 'dsi').slice(0, REFINED)) yield* look(otherWaits(wish, choice));
  // The smallest jobs gain most by a wait, and are seldom among the best without one.
  const smallest = choices.find(({ mode }) => mode === 'dsi');
  if (smallest !== undefined) yield* look(otherWaits(wish, smallest));
  const [best] = sorted(field, 'dsi');
  if (best !== undefined) yield* look(otherLookaheads(wish, situation, best.choice));
  for (const { choice, plan } of sorted(field, 'dsi').slice(0, REFINED))
    yield* look(otherDrafters(wish, situation, choice, plan));

  let finalists = sorted(field);
  for (const { distance, most, texts } of roundsOf(situation)) {
    const [leader] = finalists;
    if (leader === undefined) break;
    const bound = (1 + distance) * leader.msPerToken;
    finalists = distinct(finalists, current).filter(
      (candidate, place) => candidate.msPerToken <= bound && (place < most || candidate === current),
    );
    if (finalists.length === 1) break;
    for (const candidate of finalists)
      for (let text = 0; text < texts && candidate.plan.mode === 'dsi'; text++) {
        candidate.predict();
        yield;
      }
    finalists.sort(byCost);
  }
  return { finalists, current };
}

function sorted(field: ReadonlyMap<string, Candidate>, mode?: GenerationMode): Candidate[] {
  return [...field.values()].filter(({ plan }) => mode === undefined || plan.mode === mode).sort(byCost);
}

/**
 * Plans that take the same to the last digit do the same, as most lookaheads of a single target do: one of them is enough,
 * or they would keep others from being looked at again.
 */
function distinct(ranked: readonly Candidate[], current: Candidate): Candidate[] {
  return ranked.filter(
    (candidate, place) =>
      candidate === current ||
      !ranked.some((other, at) => isEqual(candidate, other) && (at < place || other === current)),
  );
}

function isEqual(a: Candidate, b: Candidate): boolean {
  return a !== b && a.msPerToken === b.msPerToken && a.plan.drafters === b.plan.drafters;
}

/** Of equals, first what needs fewer processes. */
function byCost(a: Candidate, b: Candidate): number {
  return a.costMs - b.costMs || a.plan.drafters - b.plan.drafters;
}

function keyOf({ mode, lookahead, wait, ahead, jobTokens, drafters }: Plan): string {
  return [mode, lookahead, wait, ahead, jobTokens, drafters].join(' ');
}
