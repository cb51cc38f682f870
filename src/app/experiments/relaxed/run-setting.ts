import type { GenerationResult, Plan, RequestMode } from '../../../core/generation.js';
import { mean } from '../../../core/statistics.js';
import { openSimulation } from '../../simulation/open-simulation.js';
import { runToEnd } from '../../simulation/run-to-end.js';
import type { VirtualGeneration } from '../../simulation/virtual-cluster.js';
import type { Setting } from './setting.js';

/** What decoding in one mode took; milliseconds of virtual time. */
export interface SettingRun {
  /** Mean over generations, from the first token that counts to the last. */
  readonly msPerToken: number;
  readonly firstTokenMs: number;
  /** Of all generations together. */
  readonly tokensPerSecond: number;
  /** The last in force, of the first generation. */
  readonly plan: Plan;
}

/** Plans are still being made: this share of the tokens does not count. */
const LEARNING_SHARE = 0.1;

/** Decodes `tokens` tokens per generation through the production actors in virtual time. */
export function runSetting(setting: Setting, mode: RequestMode, tokens: number, seed: number): SettingRun {
  const { scheduler, generate, shutDown } = openSimulation({
    target: `ms=${setting.targetMs}`,
    drafters: setting.drafters.map(
      ({ ms, acceptance }) => `ms=${ms}&acceptance=${acceptance}&burst=${setting.burst}`,
    ),
    targets: setting.targets,
    stages: setting.stages,
    jitter: setting.jitter,
    stragglers: setting.stragglers,
    latencyMs: setting.latencyMs,
    seed,
  });
  const startMs = scheduler.now();
  const generations = Array.from({ length: setting.generations }, (_, index) =>
    // Drafts are right by the path: another prompt is another text.
    generate({ promptTokenIds: [seed % 100, index, 3], mode, maxTokens: tokens }),
  );
  const results = runToEnd(scheduler, generations);
  const elapsedMs = scheduler.now() - startMs;
  shutDown();
  return {
    msPerToken: mean(generations.map(msPerTokenOf)),
    firstTokenMs: mean(results.map(({ timings }) => timings.promptMs)),
    tokensPerSecond: (1000 * tokens * setting.generations) / elapsedMs,
    plan: (results[0] as GenerationResult).speculation.plan,
  };
}

function msPerTokenOf({ log: { tokens } }: VirtualGeneration): number {
  const start = Math.floor(LEARNING_SHARE * tokens.length);
  const first = tokens[start]?.atMs ?? Number.NaN;
  const last = tokens[tokens.length - 1]?.atMs ?? Number.NaN;
  return (last - first) / (tokens.length - 1 - start);
}
