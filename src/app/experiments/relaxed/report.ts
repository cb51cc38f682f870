import { REQUEST_MODES } from '../../../core/generation.js';
import { wirePlan } from '../../../core/report.js';
import { textTable } from '../../text-table.js';
import { rounded } from '../outcome.js';
import { autoOverBest, lossesOf, type PointResult, type ScenarioResult, speedOver } from './results.js';

/** For `--json`: every point in every mode, then the places where DSI loses something. */
export function reportRelaxed(results: readonly ScenarioResult[]): Record<string, unknown> {
  return {
    scenarios: results.map(({ scenario: { name, title }, points }) => ({
      name,
      title,
      points: points.map(pointReport),
    })),
    losses: results.flatMap(({ scenario, points }) =>
      points.flatMap((point) =>
        lossesOf(point).map((other) => ({
          scenario: scenario.name,
          x: point.x,
          dsi_slower_than: other,
          dsi: rounded(speedOver(point, 'dsi', other)),
          auto: rounded(speedOver(point, 'auto', other)),
          auto_plan: autoPlan(point),
        })),
      ),
    ),
  };
}

function pointReport(point: PointResult): Record<string, unknown> {
  const modes = REQUEST_MODES.map((mode) => {
    const { msPerToken, firstTokenMs, tokensPerSecond, plans } = point.modes[mode];
    const result = {
      ms_per_token: rounded(msPerToken),
      time_to_first_token_ms: rounded(firstTokenMs),
      tokens_per_second: rounded(tokensPerSecond),
      speedup_over_none: rounded(speedOver(point, mode, 'none')),
      plans: plans.map((plan) => ({ mode: plan.mode, ...wirePlan(plan) })),
    };
    return [mode, result] as const;
  });
  return {
    x: point.x,
    ...Object.fromEntries(modes),
    auto_over_best: rounded(autoOverBest(point)),
  };
}

export function tabulateRelaxed(results: readonly ScenarioResult[]): string {
  return results.map(tabulate).join('\n');
}

function tabulate({ scenario, points }: ScenarioResult): string {
  const hasMany = points.some(({ setting }) => setting.generations > 1);
  const header = [scenario.name, 'none', 'si', 'dsi', 'auto', 'si/none', 'dsi/none', 'dsi/si', 'auto/best'];
  const rows = points.map((point) => [
    String(point.x),
    ...(['none', 'si', 'dsi', 'auto'] as const).map((mode) => point.modes[mode].msPerToken.toFixed(2)),
    speedOver(point, 'si', 'none').toFixed(2),
    speedOver(point, 'dsi', 'none').toFixed(2),
    speedOver(point, 'dsi', 'si').toFixed(2),
    autoOverBest(point).toFixed(3),
    ...(hasMany
      ? (['none', 'si', 'dsi', 'auto'] as const).map((mode) => point.modes[mode].tokensPerSecond.toFixed(0))
      : []),
    autoPlan(point),
  ]);
  const rates = hasMany ? ['none t/s', 'si t/s', 'dsi t/s', 'auto t/s'] : [];
  return `${scenario.title} (ms per token)\n${textTable([...header, ...rates, 'planned'], rows)}`;
}

/** Of the first seed: mode, and what DSI or SI does. */
function autoPlan({ modes }: PointResult): string {
  const plan = modes.auto.plans[0];
  if (plan === undefined || plan.mode === 'none') return plan?.mode ?? '';
  return plan.mode === 'si'
    ? `si k=${plan.lookahead}`
    : `dsi k=${plan.lookahead} w=${plan.wait} SP=${plan.targets}`;
}
