import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/core/generation.js';
import { steadyTiming } from '../../../src/core/pass-timing.js';
import { simulateLong } from '../../../src/core/simulator/long-text.js';
import { fixedPlan, type PlanSource, type SimulationSettings } from '../../../src/core/simulator/settings.js';
import { simulate } from '../../../src/core/simulator/simulate.js';
import { randomSettings } from './random-settings.js';

/** Of a long text only a part is simulated in detail, and the whole takes what it would take so. */

/** More with SLIPSTREAM_TEST_SETTINGS=200: minutes, nearly all of them the detail's. */
const SETTINGS = Number(process.env.SLIPSTREAM_TEST_SETTINGS ?? 16);
const TOKENS = 40_000;

const plan: Plan = {
  mode: 'dsi',
  lookahead: 1,
  wait: 0,
  ahead: 24,
  leastLikelihood: 0,
  jobTokens: 16,
  placeCosts: [],
  targets: 11,
  drafters: 1,
  reason: 'given',
};
const settings: SimulationSettings = {
  mode: 'dsi',
  target: steadyTiming(20),
  drafter: steadyTiming(2.01),
  acceptance: { kind: 'independent', rate: 0.8 },
  targets: 11,
  drafters: 1,
  latencyMs: 0,
  promptTokens: 3,
  tokens: TOKENS,
  seed: 1,
};

const alike = Array.from({ length: SETTINGS }, (_, seed) => randomSettings(seed, TOKENS)).filter(
  ({ acceptance }) => acceptance.kind === 'independent',
);

describe('a long text', () => {
  it.each(alike.map((drawn) => ({ seed: drawn.seed, drawn })))(
    'takes what it takes in detail, within 1 %, with random settings (seed $seed)',
    ({ drawn }) => {
      const plans = () => fixedPlan(drawn.plan as Plan);
      const inDetail = simulate(drawn, plans());
      const long = simulateLong(drawn, plans());
      expect(Math.abs(long.msPerToken / inDetail.msPerToken - 1)).toBeLessThan(0.01);
      expect(long.timeToFirstTokenMs).toBe(inDetail.timeToFirstTokenMs);
    },
  );

  it('is simulated in detail in small part, and counted as a whole', () => {
    const inDetail = simulate(settings, fixedPlan(plan));
    const long = simulateLong(settings, fixedPlan(plan));
    expect(long.detailedTokens).toBeLessThan(0.4 * TOKENS);
    for (const name of ['steadyMsPerToken', 'targetForwards', 'drafterForwards', 'rollbacks'] as const)
      expect(Math.abs(long[name] / inDetail[name] - 1), name).toBeLessThan(0.02);
    // Which drafts are right is drawn for every token.
    expect(Math.abs(long.accepted / inDetail.accepted - 1)).toBeLessThan(0.003);
    const { drafterForwards, accepted, refuted, wastedDrafts } = long;
    expect(wastedDrafts).toBe(drafterForwards - accepted - refuted);
    expect(simulateLong(settings, fixedPlan(plan))).toEqual(long);
  });

  it.each([0.5, 0.8, 0.95, 1])(
    'takes a c + (1 - a) T with enough targets, at an acceptance of %d',
    (rate) => {
      const long = simulateLong(
        { ...settings, tokens: 1_000_000, acceptance: { kind: 'independent', rate } },
        fixedPlan(plan),
      );
      expect(Math.abs(long.msPerToken / (rate * 2.01 + (1 - rate) * 20) - 1)).toBeLessThan(0.01);
    },
  );

  it('in which plans change takes what it takes with the plan that stays', () => {
    const changing = (): PlanSource => {
      let observed = 0;
      const slow: Plan = { ...plan, mode: 'none', ahead: 0, jobTokens: 0 };
      return {
        get plan() {
          return observed < 200 ? slow : plan;
        },
        isSearching: false,
        observe: () => void observed++,
        step: () => {},
      };
    };
    const inDetail = simulate(settings, changing());
    const long = simulateLong(settings, changing());
    expect(inDetail.msPerToken).toBeGreaterThan(1.02 * simulate(settings, fixedPlan(plan)).msPerToken);
    expect(Math.abs(long.msPerToken / inDetail.msPerToken - 1)).toBeLessThan(0.01);
    expect(long.detailedTokens).toBeLessThan(0.7 * TOKENS);
  });
});

describe('a text whose segments are not alike, or that is short,', () => {
  it.each<[string, Partial<SimulationSettings>]>([
    ['with bursts', { acceptance: { kind: 'bursts', rate: 0.8, length: 20 } }],
    ['of a trace', { acceptance: { kind: 'trace', right: [true, true, false] } }],
    ['whose passes become slower', { target: { ...steadyTiming(20), drift: 2 } }],
    ['of few tokens', { tokens: 3000 }],
  ])('%s is simulated in detail', (_, changed) => {
    const changedSettings = { ...settings, tokens: 20_000, ...changed };
    const inDetail = simulate(changedSettings, fixedPlan(plan));
    const { detailedTokens, ...long } = simulateLong(changedSettings, fixedPlan(plan));
    expect(long).toEqual(inDetail);
    expect(detailedTokens).toBe(changedSettings.tokens);
  });
});
