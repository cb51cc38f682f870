import type { Plan, RequestMode } from '../../../core/generation.js';
import type { SettingRun } from './run-setting.js';
import type { Scenario } from './scenarios.js';
import type { Setting } from './setting.js';

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly points: readonly PointResult[];
}

export interface PointResult {
  readonly x: number | string;
  readonly setting: Setting;
  readonly modes: Readonly<Record<RequestMode, ModeResult>>;
}

export interface ModeResult extends Omit<SettingRun, 'plan'> {
  /** Of each seed. */
  readonly plans: readonly Plan[];
}

/** How often as fast one way is as another in the same place. */
export function speedOver(point: PointResult, mode: RequestMode, other: RequestMode): number {
  return point.modes[other].msPerToken / point.modes[mode].msPerToken;
}

/** Mode auto against the best of the three modes. */
export function autoOverBest({ modes }: PointResult): number {
  const best = Math.min(modes.none.msPerToken, modes.si.msPerToken, modes.dsi.msPerToken);
  return best / modes.auto.msPerToken;
}

/** Below this share of another mode's speed DSI counts as slower. */
const LOSS = 0.98;

/** The modes that DSI is slower than. */
export function lossesOf(point: PointResult): ('none' | 'si')[] {
  return (['none', 'si'] as const).filter((other) => speedOver(point, 'dsi', other) < LOSS);
}
