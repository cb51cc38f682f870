import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/core/generation.js';
import { announcedTimes, steadyTiming } from '../../../src/core/pass-timing.js';
import { makePlan } from '../../../src/core/planner/make-plan.js';
import { Planner } from '../../../src/core/planner/planner.js';
import { fixedPlan, type SimulationSettings } from '../../../src/core/simulator/settings.js';
import { simulate, simulateWith } from '../../../src/core/simulator/simulate.js';
import { mean } from '../../../src/core/statistics.js';
import { type ActorSettings, actorTruth, runActors } from './actor-run.js';
import { farAheadSettings, randomSettings } from './random-settings.js';

/** All 200 with SLIPSTREAM_TEST_SETTINGS=200: minutes, nearly all of them the actors'. */
const SETTINGS = Number(process.env.SLIPSTREAM_TEST_SETTINGS ?? 24);
const TOKENS = SETTINGS > 24 ? 400 : 120;
const FAR_AHEAD_TOKENS = 600;
/** Looking for plans takes seconds. */
const PLANNED_TOKENS = 120;

function plansOf({ plan, mode }: ActorSettings) {
  return plan === undefined ? new Planner({ mode, lookahead: undefined, wait: undefined }) : fixedPlan(plan);
}

describe('a simulated generation', () => {
  it.each(Array.from({ length: SETTINGS }, (_, seed) => seed))(
    'takes what the actors take, event by event, with random settings %i',
    (seed) => {
      const settings = randomSettings(seed, TOKENS);
      const { result, startMs } = runActors(settings);
      const simulated = simulateWith(settings, plansOf(settings), actorTruth(settings), startMs);
      for (const [name, value] of Object.entries(result))
        expect(simulated[name as keyof typeof simulated], name).toBeCloseTo(value, 6);
    },
  );

  it.each([2, 6, 9, 45])('does so where drafters run far ahead, with random settings %i', (seed) => {
    const settings = farAheadSettings(seed, FAR_AHEAD_TOKENS);
    const { result, startMs } = runActors(settings);
    const simulated = simulateWith(settings, plansOf(settings), actorTruth(settings), startMs);
    expect(simulated).toMatchObject(result);
  });

  it.each([
    [40, 0.5, 16, 1],
    [40, 0.5, 4, 16],
    [20, 0.4, 8, 2],
  ])(
    'does so where more verdicts than drafts are on their way: T %d ms, hops of %d ms, %i targets, lookahead %i',
    (targetMs, latencyMs, targets, lookahead) => {
      const jitter = 0.5;
      const target = { ...steadyTiming(targetMs), jitter };
      const plan = makePlan(
        { mode: 'dsi', lookahead, wait: 0, drafters: 1 },
        {
          targetTimes: announcedTimes(target),
          draftMs: 0.1,
          acceptance: 0.99,
          hopMs: latencyMs,
          targets,
          drafters: 1,
          sharesHost: false,
          jitter,
          decided: 1000,
          passes: 1000,
          remaining: 10_000,
        },
        'given',
      );
      const settings: ActorSettings = {
        mode: 'dsi',
        plan,
        target,
        drafter: { ...steadyTiming(0.1), jitter },
        acceptance: { kind: 'independent', rate: 0.99 },
        targets,
        drafters: 1,
        latencyMs,
        promptTokens: 3,
        tokens: 2000,
        seed: 1,
      };
      const { result, startMs } = runActors(settings);
      const simulated = simulateWith(settings, plansOf(settings), actorTruth(settings), startMs);
      expect(Math.abs(simulated.msPerToken / result.msPerToken - 1)).toBeLessThan(0.01);
    },
  );

  it.each([1, 5, 9, 17])('plans as the actors do, with random settings %i', (seed) => {
    const { plan: _, ...settings } = { ...randomSettings(seed, PLANNED_TOKENS), mode: 'auto' as const };
    const { result, startMs } = runActors(settings);
    const simulated = simulateWith(settings, plansOf(settings), actorTruth(settings), startMs);
    expect(simulated.msPerToken).toBeCloseTo(result.msPerToken, 6);
  });

  it('is the same each time', () => {
    const settings = randomSettings(3, 1000);
    expect(simulate(settings, plansOf(settings))).toEqual(simulate(settings, plansOf(settings)));
  });
});

describe('a plan whose jobs wait for drafts', () => {
  it('is as fast in its first tokens as later, however long messages take', () => {
    const plan: Plan = {
      mode: 'dsi',
      lookahead: 1,
      wait: 3,
      ahead: 64,
      leastLikelihood: 0,
      jobTokens: 18,
      placeCosts: [],
      targets: 8,
      drafters: 1,
      reason: '',
    };
    const pace = (from: number, to: number) =>
      mean(
        Array.from({ length: 100 }, (_, seed) => {
          const settings: SimulationSettings = {
            mode: 'dsi',
            target: steadyTiming(20),
            drafter: steadyTiming(0.4),
            acceptance: { kind: 'independent', rate: 0.6 },
            targets: 8,
            drafters: 1,
            latencyMs: 2,
            promptTokens: 3,
            tokens: 10_000,
            simulatedTokens: to,
            unsteadyTokens: from,
            seed,
          };
          return simulate(settings, fixedPlan(plan)).steadyMsPerToken;
        }),
      );
    expect(pace(8, 40) / pace(200, 232)).toBeLessThan(1.1);
  });
});

describe('a plan that changes to rounds', () => {
  it('is as fast as rounds from the beginning, also where messages take longer than drafts', () => {
    const jitter = 0.2;
    const settings: SimulationSettings = {
      mode: 'auto',
      target: { ...steadyTiming(20), jitter },
      drafter: { ...steadyTiming(0.4), jitter },
      acceptance: { kind: 'independent', rate: 0.9 },
      targets: 8,
      drafters: 1,
      latencyMs: 10,
      promptTokens: 3,
      tokens: 2000,
      seed: 1,
    };
    const shared = {
      ahead: 6,
      leastLikelihood: 0,
      jobTokens: 6,
      placeCosts: [],
      lookahead: 6,
      drafters: 1,
      reason: 'given',
    };
    const rounds: Plan = { ...shared, mode: 'si', wait: 0, targets: 1 };
    const speculation: Plan = { ...shared, mode: 'dsi', wait: 6, targets: 8, ahead: 64, jobTokens: 64 };
    let plan = speculation;
    const changing = {
      ...fixedPlan(rounds),
      get plan() {
        return plan;
      },
      observe: ({ remaining }: { remaining: number }) => {
        if (settings.tokens - remaining > 100) plan = rounds;
      },
    };
    const changed = simulate(settings, changing).steadyMsPerToken;
    expect(changed / simulate(settings, fixedPlan(rounds)).steadyMsPerToken).toBeLessThan(1.05);
  });
});

describe('a plan that changes its wait alone', () => {
  it('sends drafts as one that waited from the beginning, also where drafters turn round by themselves', () => {
    const settings: SimulationSettings = {
      mode: 'auto',
      target: steadyTiming(20),
      drafter: steadyTiming(4),
      acceptance: { kind: 'independent', rate: 0.9 },
      targets: 2,
      drafters: 1,
      latencyMs: 2,
      promptTokens: 3,
      tokens: 2000,
      seed: 1,
    };
    const waiting: Plan = {
      ...{ mode: 'dsi', lookahead: 3, wait: 1, ahead: 19, jobTokens: 19, targets: 2, drafters: 1 },
      ...{ leastLikelihood: 0, placeCosts: [], reason: 'given' },
    };
    let plan: Plan = { ...waiting, wait: 0 };
    const changing = {
      ...fixedPlan(waiting),
      get plan() {
        return plan;
      },
      observe: ({ remaining }: { remaining: number }) => {
        if (settings.tokens - remaining > 100) plan = waiting;
      },
    };
    const changed = simulate(settings, changing).steadyMsPerToken;
    expect(changed / simulate(settings, fixedPlan(waiting)).steadyMsPerToken).toBeLessThan(1.02);
  });
});

describe('a target that has much to ingest when it is needed', () => {
  it('tells nothing of how long messages take by how long that takes', () => {
    const latencyMs = 10;
    const settings: SimulationSettings = {
      mode: 'auto',
      target: steadyTiming(20),
      drafter: steadyTiming(2),
      acceptance: { kind: 'independent', rate: 0.6 },
      targets: 8,
      drafters: 1,
      latencyMs,
      promptTokens: 3,
      tokens: 5000,
      seed: 1,
    };
    const bounds = { leastLikelihood: 0, placeCosts: [], lookahead: 1, drafters: 1, reason: 'given' };
    const plain: Plan = { ...bounds, mode: 'none', wait: 0, ahead: 4, jobTokens: 0, targets: 1 };
    const speculation: Plan = { ...bounds, mode: 'dsi', wait: 2, ahead: 64, jobTokens: 64, targets: 8 };
    let plan = plain;
    const hops: number[] = [];
    simulate(settings, {
      ...fixedPlan(plain),
      get plan() {
        return plan;
      },
      observe: ({ remaining, hopMs }: { remaining: number; hopMs: number }) => {
        if (settings.tokens - remaining > 4500) plan = speculation;
        hops.push(hopMs);
      },
    });
    expect(Math.max(...hops)).toBeCloseTo(latencyMs, 6);
  });
});

describe('time per token, where nothing varies', () => {
  // T a hair below a multiple of c: at a rollback the drafter is never in the middle of a pass.
  const T = 14.99;
  const c = 2.5;
  const settings: SimulationSettings = {
    mode: 'dsi',
    target: steadyTiming(T),
    drafter: steadyTiming(c),
    acceptance: { kind: 'independent', rate: 0.7 },
    targets: 8,
    drafters: 1,
    latencyMs: 0,
    promptTokens: 3,
    tokens: 20_000,
    seed: 1,
  };
  const dsi: Plan = {
    mode: 'dsi',
    lookahead: 1,
    wait: 0,
    ahead: 17,
    leastLikelihood: 0,
    jobTokens: 16,
    placeCosts: [],
    targets: 8,
    drafters: 2,
    reason: 'given',
  };
  const acceptanceOf = ({ accepted, refuted }: { accepted: number; refuted: number }) =>
    accepted / (accepted + refuted);

  it('is T in plain decoding', () => {
    const plan: Plan = { ...dsi, mode: 'none', ahead: 0, jobTokens: 0 };
    expect(simulate({ ...settings, mode: 'none' }, fixedPlan(plan)).msPerToken).toBeCloseTo(T, 6);
  });

  it.each(['none', 'dsi'] as const)(
    'is that where drafts are only compared, on one target, in %s',
    (mode) => {
      const plan: Plan = { ...dsi, mode, ahead: 4, jobTokens: 0, drafters: 1 };
      const run = simulate({ ...settings, target: { ...steadyTiming(T), jitter: 0.5 } }, fixedPlan(plan));
      expect(run.drafterForwards).toBeGreaterThan(0);
      expect(run.targetForwards).toBe(settings.tokens - 1);
    },
  );

  it.each([1, 3, 8])('is (k c + T)(1 - a)/(1 - a^(k+1)) in speculative inference with k = %i', (k) => {
    const plan: Plan = { ...dsi, mode: 'si', lookahead: k, ahead: k, jobTokens: k };
    const run = simulate({ ...settings, mode: 'si' }, fixedPlan(plan));
    const a = acceptanceOf(run);
    const ideal = ((k * c + T) * (1 - a)) / (1 - a ** (k + 1));
    expect(Math.abs(run.msPerToken / ideal - 1)).toBeLessThan(0.01);
  });

  it('is (k c + T) / (k + 1) in speculative inference where all drafts are right', () => {
    const plan: Plan = { ...dsi, mode: 'si', lookahead: 4, ahead: 4, jobTokens: 4 };
    const sure: SimulationSettings = {
      ...settings,
      mode: 'si',
      target: steadyTiming(20),
      drafter: steadyTiming(1),
      acceptance: { kind: 'independent', rate: 1 },
    };
    expect(simulate(sure, fixedPlan(plan)).msPerToken).toBeCloseTo((4 * 1 + 20) / 5, 2);
  });

  it('is a c + (1 - a) T in distributed speculative inference with enough targets', () => {
    const run = simulate(settings, fixedPlan(dsi));
    const a = acceptanceOf(run);
    expect(a).toBeCloseTo(0.7, 1);
    expect(run.msPerToken / (a * c + (1 - a) * T)).toBeCloseTo(1, 2);
  });

  it('is c where all drafts are right, however seldom most targets are needed', () => {
    const draftMs = 0.4;
    const sure: SimulationSettings = {
      ...settings,
      target: { ...steadyTiming(T), jitter: 0.5 },
      drafter: steadyTiming(draftMs),
      acceptance: { kind: 'independent', rate: 1 },
      targets: 16,
      tokens: 30_000,
    };
    const plan: Plan = { ...dsi, lookahead: 12, ahead: 200, jobTokens: 200, targets: 16 };
    const run = simulate(sure, fixedPlan(plan));
    expect(run.msPerToken / draftMs).toBeLessThan(1.02);
  });

  it('grows by two hops for each rollback, and two more when the next draft is right', () => {
    const latencyMs = 0.3;
    const run = simulate(
      { ...settings, drafters: 2, latencyMs, target: steadyTiming(20.9), drafter: steadyTiming(7) },
      fixedPlan(dsi),
    );
    const a = acceptanceOf(run);
    const overhead = run.msPerToken - a * 7 - (1 - a) * 20.9;
    expect(overhead / ((1 - a) * latencyMs * (2 + 2 * a))).toBeCloseTo(1, 1);
  });

  it('follows a recorded trace of right and wrong drafts', () => {
    const right = [true, true, false, true];
    const run = simulate({ ...settings, acceptance: { kind: 'trace', right } }, fixedPlan(dsi));
    expect(acceptanceOf(run)).toBeCloseTo(0.75, 3);
    expect(run.msPerToken / (0.75 * c + 0.25 * T)).toBeCloseTo(1, 2);
  });
});
