import type { Plan } from '../../src/core/generation.js';
import { announcedTimes, steadyTiming } from '../../src/core/pass-timing.js';
import { makePlan, type PlanChoice } from '../../src/core/planner/make-plan.js';
import { Planner } from '../../src/core/planner/planner.js';
import type { Situation } from '../../src/core/planner/situation.js';
import {
  fixedPlan,
  type PlanSource,
  type SimulationResult,
  type SimulationSettings,
} from '../../src/core/simulator/settings.js';
import { simulateWith } from '../../src/core/simulator/simulate.js';
import { draftTruth } from '../../src/core/simulator/truth.js';
import { placedTimes } from './placed-times.js';

/** One place of the grid; times in multiples of T. */
export interface Cell {
  /** T / c */
  readonly ratio: number;
  readonly acceptance: number;
  readonly targets: number;
  /** l / T */
  readonly latency: number;
  /** Coefficient of variation of pass times. */
  readonly noise: number;
}

export interface CellResult extends Cell {
  readonly noneMs: number;
  readonly autoMs: number;
  readonly autoPlan: string;
  readonly bestMs: number;
  readonly bestPlan: string;
  /** Steady speed of auto, of the best fixed plan's and of plain decoding's. */
  readonly ofBest: number;
  readonly ofNone: number;
  /** The same of auto's last plan, run from the beginning: what is missing here was chosen wrong, not learned late. */
  readonly chosenOfBest: number;
  /** What auto took longer than the best fixed plan in the first half, in passes of a target. */
  readonly learningPasses: number;
}

const TARGET_MS = 20;
/** Fixed plans are tried on so many tokens, and the best of them on all. */
const SCREENING_TOKENS = 400;
const FINALISTS = 5;

const CHOICES: readonly PlanChoice[] = [
  { mode: 'none', lookahead: 1, wait: 0, drafters: 1 },
  ...[1, 2, 3, 4, 6, 8, 12, 16].map((lookahead) => ({
    mode: 'si' as const,
    lookahead,
    wait: 0,
    drafters: 1,
  })),
  ...[1, 2, 3, 4, 6, 8, 16].flatMap((lookahead) =>
    [0, 1, 2, 3, 5, 8, 12].map((wait) => ({ mode: 'dsi' as const, lookahead, wait, drafters: 1 })),
  ),
];

/** Auto against every fixed plan in one cell, on the same random numbers; steady: over the second half of the tokens. */
export function runCell(cell: Cell, tokens: number, seed: number): CellResult {
  const settings = settingsOf(cell, tokens, seed);
  const plans = CHOICES.map((choice) => makePlan(choice, situationOf(cell), ''));
  const screened = plans
    .map((plan) => ({
      plan,
      ms: simulate({ ...settings, tokens: SCREENING_TOKENS }, fixedPlan(plan)).steadyMsPerToken,
    }))
    .sort((a, b) => a.ms - b.ms)
    .slice(0, FINALISTS);
  const finals = [...screened.map(({ plan }) => plan), plans[0] as Plan].map((plan) => ({
    plan,
    ...simulate(settings, fixedPlan(plan)),
  }));
  const none = finals[finals.length - 1] as (typeof finals)[number];
  const best = finals.reduce((least, next) =>
    next.steadyMsPerToken < least.steadyMsPerToken ? next : least,
  );
  const planner = new Planner({ mode: 'auto', lookahead: undefined, wait: undefined });
  const auto = simulate(settings, planner);
  const chosen =
    nameOf(planner.plan) === nameOf(best.plan) ? best : simulate(settings, fixedPlan(planner.plan));
  const firstHalfMs = (run: { msPerToken: number; steadyMsPerToken: number }) =>
    run.msPerToken * (tokens - 1) - run.steadyMsPerToken * (tokens / 2);
  return {
    ...cell,
    noneMs: none.steadyMsPerToken,
    autoMs: auto.steadyMsPerToken,
    autoPlan: nameOf(planner.plan),
    bestMs: best.steadyMsPerToken,
    bestPlan: nameOf(best.plan),
    ofBest: best.steadyMsPerToken / auto.steadyMsPerToken,
    ofNone: none.steadyMsPerToken / auto.steadyMsPerToken,
    chosenOfBest: best.steadyMsPerToken / chosen.steadyMsPerToken,
    learningPasses: (firstHalfMs(auto) - firstHalfMs(best)) / TARGET_MS,
  };
}

/** Drafts and pass times by place in the text alone. */
function simulate(settings: SimulationSettings, plans: PlanSource): SimulationResult {
  const { acceptance, seed, promptTokens, target, drafter } = settings;
  const truth = draftTruth(acceptance, seed, promptTokens);
  return simulateWith(settings, plans, truth, 0, placedTimes(target, drafter, seed));
}

function settingsOf(cell: Cell, tokens: number, seed: number): SimulationSettings {
  const timing = (ms: number) => ({ ...steadyTiming(ms), jitter: cell.noise });
  return {
    mode: 'auto',
    target: timing(TARGET_MS),
    drafter: timing(TARGET_MS / cell.ratio),
    acceptance: { kind: 'independent', rate: cell.acceptance },
    targets: cell.targets,
    drafters: 1,
    latencyMs: cell.latency * TARGET_MS,
    promptTokens: 3,
    tokens,
    seed,
  };
}

function situationOf({ ratio, acceptance, targets, latency, noise }: Cell): Situation {
  return {
    targetTimes: announcedTimes(steadyTiming(TARGET_MS)),
    draftMs: TARGET_MS / ratio,
    acceptance,
    decided: Number.POSITIVE_INFINITY,
    hopMs: latency * TARGET_MS,
    jitter: noise,
    passes: Number.POSITIVE_INFINITY,
    targets,
    drafters: 1,
    sharesHost: false,
    remaining: Number.POSITIVE_INFINITY,
  };
}

function nameOf({ mode, lookahead, wait }: Plan): string {
  if (mode === 'none') return 'none';
  return mode === 'si' ? `si k${lookahead}` : `dsi k${lookahead} w${wait}`;
}
