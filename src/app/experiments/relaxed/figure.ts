import type { Figure, LinePanel } from '../../../../infra/plot/figure.js';
import type { RequestMode } from '../../../core/generation.js';
import { type PointResult, type ScenarioResult, speedOver } from './results.js';

const SPEEDS = ['si', 'dsi', 'auto'] as const;

/** A panel per scenario: times as fast as plain decoding; throughput besides where generations share targets. */
export function drawRelaxed(results: readonly ScenarioResult[]): Figure {
  return {
    title: 'Without the assumptions: times as fast as plain decoding',
    note: 'the production actors in virtual time; unless said, T = 20 ms, c = 2 ms, a = 0.8, SP = 12',
    columns: 3,
    panels: results.flatMap((result) =>
      result.scenario.name === 'generations' ? [speeds(result), rates(result)] : [speeds(result)],
    ),
  };
}

function speeds({ scenario, points }: ScenarioResult): LinePanel {
  const { title, xLabel, xScale } = scenario;
  const series = SPEEDS.map((mode) => lineOf(mode, points, (point) => speedOver(point, mode, 'none')));
  return { kind: 'lines', title, xLabel, xScale, yLabel: 'times as fast', rules: [1], series };
}

function rates({ scenario: { xLabel }, points }: ScenarioResult): LinePanel {
  return {
    kind: 'lines',
    title: 'Throughput of all generations',
    xLabel,
    xScale: 'category',
    yLabel: 'tokens per second',
    series: [...SPEEDS, 'none' as const].map((mode) =>
      lineOf(mode, points, ({ modes }) => modes[mode].tokensPerSecond),
    ),
  };
}

function lineOf(
  name: RequestMode,
  points: readonly PointResult[],
  read: (point: PointResult) => number,
): LinePanel['series'][number] {
  return {
    name,
    points: points.map((point) => [point.x, read(point)] as const),
    // It mostly does as DSI does.
    dashed: name === 'auto',
  };
}
