import { draftersListen } from '../drafter-rules.js';
import { GENERATION_MODES, type GenerationMode, type Plan, type RequestMode } from '../generation.js';
import { forwardMs } from './forward-times.js';
import { lookaheadFor, MOST_OF_A_ROUND, PLAIN, type PlanChoice, roundFor, waitFor } from './make-plan.js';
import type { Situation } from './situation.js';

/** What the user asks of a plan; what is undefined is the planner's to choose. */
export interface PlanWish {
  readonly mode: RequestMode;
  readonly lookahead: number | undefined;
  readonly wait: number | undefined;
}

/** What is best by rules of thumb: in force until every candidate has been looked at. */
export function thumbChoice(wish: PlanWish, situation: Situation): PlanChoice {
  const mode = wish.mode === 'auto' ? (hasDrafts(situation) ? 'dsi' : 'none') : wish.mode;
  if (mode === 'none') return PLAIN;
  if (mode === 'si') return { mode, lookahead: wish.lookahead ?? roundFor(situation), wait: 0, drafters: 1 };
  const lookahead = wish.lookahead ?? lookaheadFor(situation);
  const wait = wish.wait ?? waitFor(situation);
  return { mode, lookahead, wait, drafters: leastDrafters(wish, situation) };
}

/** Drafts that a first job may wait for: the more, the less one more matters. */
const WAITS = [0, 1, 2, 3, 5, 8, 12];
/** Likewise lookaheads; those that Eq. 1 asks for are looked at besides. */
const LOOKAHEADS = [1, 2, 3, 4, 6, 8, 12, 16];

/**
 * What is worth a look at first, each once: plain decoding where that is allowed, rounds, and speculation by lookahead
 * with the wait that rules of thumb say and without one.
 */
export function candidates(wish: PlanWish, situation: Situation): PlanChoice[] {
  const modes: readonly GenerationMode[] = wish.mode === 'auto' ? GENERATION_MODES : [wish.mode];
  const found = new Map<string, PlanChoice>();
  const add = (choice: PlanChoice) => {
    found.set(`${choice.mode} ${choice.lookahead} ${choice.wait}`, choice);
  };
  for (const mode of modes) {
    if (mode === 'none' || !hasDrafts(situation)) add(PLAIN);
    else if (mode === 'si')
      rounds(wish, situation).forEach((lookahead) => void add({ mode, lookahead, wait: 0, drafters: 1 }));
    else speculations(wish, situation).forEach(add);
  }
  return [...found.values()];
}

function hasDrafts({ draftMs }: Situation): boolean {
  return draftMs !== undefined;
}

function rounds(wish: PlanWish, situation: Situation): number[] {
  if (wish.lookahead !== undefined) return [wish.lookahead];
  const best = roundFor(situation);
  return spread([best - 1, best, best + 1], 1, MOST_OF_A_ROUND);
}

function speculations(wish: PlanWish, situation: Situation): PlanChoice[] {
  const waits = wish.wait === undefined ? [...new Set([waitFor(situation), 0])] : [wish.wait];
  const drafters = leastDrafters(wish, situation);
  return waits.flatMap((wait) =>
    lookaheads(wish, situation).map((lookahead) => ({ mode: 'dsi' as const, lookahead, wait, drafters })),
  );
}

/** Speculation with a lookahead that was asked for is run with all there is; elsewhere a standby must be worth it. */
function leastDrafters({ mode, lookahead }: PlanWish, { drafters }: Situation): number {
  return mode === 'dsi' && lookahead !== undefined ? drafters : 1;
}

function lookaheads(wish: PlanWish, situation: Situation): number[] {
  if (wish.lookahead !== undefined) return [wish.lookahead];
  const enough = lookaheadFor(situation);
  return spread([...LOOKAHEADS, Math.ceil(enough / 2), enough, 2 * enough], 1, 16);
}

/** A speculation with other waits. */
export function otherWaits(wish: PlanWish, choice: PlanChoice): PlanChoice[] {
  if (wish.wait !== undefined) return [];
  return WAITS.map((wait) => ({ ...choice, wait }));
}

/** A speculation with other lookaheads. */
export function otherLookaheads(wish: PlanWish, situation: Situation, choice: PlanChoice): PlanChoice[] {
  return lookaheads(wish, situation).map((lookahead) => ({ ...choice, lookahead }));
}

/**
 * A speculation without and with a drafter that stands by; a third one would begin no sooner. Where drafters listen,
 * none takes over from another.
 */
export function otherDrafters(
  wish: PlanWish,
  situation: Situation,
  choice: PlanChoice,
  plan: Plan,
): PlanChoice[] {
  const { targetTimes, draftMs = 0, hopMs, drafters } = situation;
  if (leastDrafters(wish, situation) >= drafters) return [];
  if (draftersListen(plan, draftMs, hopMs, forwardMs(targetTimes, 1))) return [{ ...choice, drafters: 1 }];
  return [
    { ...choice, drafters: 1 },
    { ...choice, drafters: 2 },
  ];
}

/** Each once, ascending, those within bounds. */
function spread(values: readonly number[], low: number, high: number): number[] {
  return [...new Set(values.filter((value) => value >= low && value <= high))].sort((a, b) => a - b);
}
