import type { Plan } from '../../../src/core/generation.js';
import { steadyTiming } from '../../../src/core/pass-timing.js';
import { createSeededRandom } from '../../../src/core/seeded-random.js';
import type { ActorSettings } from './actor-run.js';

/** Settings drawn by `seed` alone, from all over what makes sense and a little beyond. */
export function randomSettings(seed: number, tokens: number): ActorSettings {
  const random = createSeededRandom(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
  const chance = (probability: number) => random() < probability;
  const pick = <Value>(values: readonly Value[]) => values[whole(0, values.length - 1)] as Value;

  for (let warmUp = 0; warmUp < 8; warmUp++) random();
  const mode = pick(['none', 'si', 'si', 'dsi', 'dsi', 'dsi', 'dsi', 'dsi', 'dsi', 'dsi'] as const);
  const targetMs = chance(0.2) ? pick([5, 20, 40]) : between(2, 100);
  const drafterMs = chance(0.2) ? targetMs / pick([2, 4, 5, 10, 20]) : targetMs * 10 ** between(-1.7, -0.1);
  const varies = chance(0.3);
  const varied = (ms: number, spread: number) => ({
    ...steadyTiming(ms),
    ...(varies && chance(0.7) ? { jitter: between(0.02, spread) } : {}),
    ...(varies && chance(0.4) ? { stragglers: between(0.005, 0.05), stragglerFactor: between(2, 8) } : {}),
  });
  const lookahead = mode === 'si' ? whole(1, 10) : pick([1, 1, 1, 2, 3, 4, 5, 6, 8]);
  const ahead = mode === 'si' ? lookahead : whole(4, 64);
  const jobTokens = mode === 'si' ? lookahead : chance(0.05) ? 0 : whole(1, 24);
  const targets = chance(0.1) ? whole(13, 64) : whole(1, 12);
  const settings: ActorSettings & { readonly plan: Plan } = {
    mode,
    plan: {
      mode,
      lookahead,
      wait: mode === 'dsi' && chance(0.4) ? Math.min(jobTokens, whole(1, 8)) : 0,
      ahead,
      leastLikelihood: 0,
      jobTokens,
      placeCosts: chance(0.3)
        ? Array.from({ length: jobTokens + 1 }, (_, drafts) => drafts * between(0, 0.4))
        : [],
      targets,
      drafters: 1,
      reason: 'given',
    },
    target: {
      ...varied(targetMs, 0.5),
      perTokenMs: chance(0.4) ? targetMs * between(0.005, 0.08) : 0,
    },
    drafter: varied(drafterMs, 0.3),
    acceptance: chance(0.25)
      ? { kind: 'bursts', rate: between(0.2, 0.95), length: whole(2, 30) }
      : { kind: 'independent', rate: pick([0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1]) },
    targets,
    drafters: pick([1, 1, 1, 2, 3]),
    latencyMs: chance(0.25) ? 0 : targetMs * 10 ** between(-2.5, -0.5),
    promptTokens: pick([1, 3, 20, 100]),
    tokens,
    seed: whole(1, 1_000_000),
  };
  // Of those at hand, or more than there are.
  return { ...settings, plan: { ...settings.plan, drafters: whole(1, 3) } };
}

/** The same where nearly all drafts are right, and drafters run far ahead: large jobs, many verdicts out of order. */
export function farAheadSettings(seed: number, tokens: number): ActorSettings {
  const { plan, target, ...settings } = randomSettings(seed, tokens);
  const random = createSeededRandom(seed + 1_000_000);
  const between = (low: number, high: number) => low + (high - low) * random();
  for (let warmUp = 0; warmUp < 8; warmUp++) random();
  const ahead = Math.floor(between(64, 257));
  return {
    ...settings,
    mode: 'dsi',
    target,
    drafter: steadyTiming(target.ms * 10 ** between(-2.6, -0.8)),
    acceptance: { kind: 'independent', rate: between(0.98, 0.995) },
    ...(plan === undefined
      ? {}
      : { plan: { ...plan, mode: 'dsi', ahead, jobTokens: ahead, placeCosts: [] } }),
  };
}
