import { REQUEST_MODES, type RequestMode } from '../../../core/generation.js';
import { mean } from '../../../core/statistics.js';
import type { BetweenRuns, ExperimentOutcome } from '../outcome.js';
import { drawRelaxed } from './figure.js';
import { reportRelaxed, tabulateRelaxed } from './report.js';
import type { ModeResult, PointResult, ScenarioResult } from './results.js';
import { runSetting, type SettingRun } from './run-setting.js';
import { SCENARIOS } from './scenarios.js';
import type { Setting } from './setting.js';

export interface RelaxedOptions {
  readonly scenarios: readonly string[];
  /** Per generation; where several run at the same time, fewer. */
  readonly tokens: number;
  readonly seeds: number;
}

/** Tokens of one generation among several, at most: their sum is what takes time. */
const SHARED_TOKENS = 100;

/** SI, DSI and the planner where the paper's assumptions do not hold: the production actors in virtual time. */
export async function runRelaxed(
  options: RelaxedOptions,
  betweenRuns: BetweenRuns,
): Promise<ExperimentOutcome> {
  const results: ScenarioResult[] = [];
  for (const scenario of SCENARIOS) {
    if (!options.scenarios.includes(scenario.name)) continue;
    const points: PointResult[] = [];
    for (const { x, setting } of scenario.points) {
      const modes = {} as Record<RequestMode, ModeResult>;
      for (const mode of REQUEST_MODES) {
        await betweenRuns(`${scenario.name} ${x} ${mode}`);
        modes[mode] = await runSeeds(setting, mode, options, betweenRuns);
      }
      points.push({ x, setting, modes });
    }
    results.push({ scenario, points });
  }
  return { report: reportRelaxed(results), text: tabulateRelaxed(results), figure: drawRelaxed(results) };
}

async function runSeeds(
  setting: Setting,
  mode: RequestMode,
  { tokens, seeds }: RelaxedOptions,
  betweenRuns: BetweenRuns,
): Promise<ModeResult> {
  const runs: SettingRun[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    await betweenRuns('');
    const length = setting.generations > 1 ? Math.min(tokens, SHARED_TOKENS) : tokens;
    runs.push(runSetting(setting, mode, length, seed));
  }
  return {
    msPerToken: mean(runs.map(({ msPerToken }) => msPerToken)),
    firstTokenMs: mean(runs.map(({ firstTokenMs }) => firstTokenMs)),
    tokensPerSecond: mean(runs.map(({ tokensPerSecond }) => tokensPerSecond)),
    plans: runs.map(({ plan }) => plan),
  };
}
