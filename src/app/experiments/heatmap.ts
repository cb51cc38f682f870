import type { FieldPanel, Figure } from '../../../infra/plot/figure.js';
import { bestLookahead, closedFormMsPerToken, smallestLookahead } from '../../core/closed-forms.js';
import { type ExperimentOutcome, rounded } from './outcome.js';

export interface HeatmapOptions {
  /** Values along each axis, both ends included; at least 2. */
  readonly cells: number;
  /** SP, at least 1. */
  readonly targets: number;
  /** Lookaheads are looked for from 1 to this. */
  readonly mostLookahead: number;
}

/** Every field as `[j][i]`: at the j-th acceptance and the i-th drafter latency. */
interface Heatmap {
  /** c / T, and a: 0..1. */
  readonly axis: readonly number[];
  /** Milliseconds per token, T = 1 ms. */
  readonly si: readonly (readonly number[])[];
  readonly dsi: readonly (readonly number[])[];
  readonly siLookahead: readonly (readonly number[])[];
  readonly dsiLookahead: readonly (readonly number[])[];
}

/** The paper's offline experiment: speed ratios over drafter latency and acceptance, by the closed forms. */
export function runHeatmap(options: HeatmapOptions): ExperimentOutcome {
  const map = computeHeatmap(options);
  const siOverNone = mapCells(map.si, (si) => 1 / si);
  const dsiOverNone = mapCells(map.dsi, (dsi) => 1 / dsi);
  const dsiOverSi = mapCells(map.dsi, (dsi, i, j) => (map.si[j]?.[i] ?? Number.NaN) / dsi);
  const summary = {
    cells: options.cells ** 2,
    si_slower_than_none: share(siOverNone),
    dsi_slower_than_none: share(dsiOverNone),
    dsi_slower_than_si: share(dsiOverSi),
    slowest_dsi_over_si: rounded(Math.min(...dsiOverSi.flat())),
    fastest_dsi_over_si: rounded(Math.max(...dsiOverSi.flat())),
  };
  return {
    report: {
      summary,
      drafter_latency: map.axis.map((value) => rounded(value)),
      acceptance: map.axis.map((value) => rounded(value)),
      si_over_none: roundAll(siOverNone),
      dsi_over_si: roundAll(dsiOverSi),
      dsi_over_none: roundAll(dsiOverNone),
      si_lookahead: map.siLookahead,
      dsi_lookahead: map.dsiLookahead,
    },
    text: describe(summary),
    figure: draw(options, { siOverNone, dsiOverSi, dsiOverNone }),
  };
}

function computeHeatmap({ cells, targets, mostLookahead }: HeatmapOptions): Heatmap {
  const axis = Array.from({ length: cells }, (_, index) => index / (cells - 1));
  const best = (mode: 'si' | 'dsi', acceptance: number, drafterMs: number) => {
    const settings = { mode, targetMs: 1, drafterMs, acceptance, targets };
    const least = mode === 'si' ? 1 : Math.min(smallestLookahead(settings), mostLookahead);
    return bestLookahead(settings, { least, most: mostLookahead }, closedFormMsPerToken);
  };
  const solve = (mode: 'si' | 'dsi') =>
    axis.map((acceptance) => axis.map((drafterMs) => best(mode, acceptance, drafterMs)));
  const si = solve('si');
  const dsi = solve('dsi');
  return {
    axis,
    si: si.map((row) => row.map(({ ms }) => ms)),
    dsi: dsi.map((row) => row.map(({ ms }) => ms)),
    siLookahead: si.map((row) => row.map(({ lookahead }) => lookahead)),
    dsiLookahead: dsi.map((row) => row.map(({ lookahead }) => lookahead)),
  };
}

function mapCells(
  rows: readonly (readonly number[])[],
  change: (value: number, i: number, j: number) => number,
): number[][] {
  return rows.map((row, j) => row.map((value, i) => change(value, i, j)));
}

function roundAll(rows: readonly (readonly number[])[]): (number | null)[][] {
  return rows.map((row) => row.map((value) => rounded(value, 3)));
}

/** Of cells in which the ratio is below 1 by more than rounding. */
function share(ratios: readonly (readonly number[])[]): number | null {
  const all = ratios.flat();
  return rounded(all.filter((ratio) => ratio < 1 - 1e-9).length / all.length);
}

function describe(summary: Readonly<Record<string, number | null>>): string {
  const percent = (name: string) => `${(100 * (summary[name] ?? 0)).toFixed(1)} %`;
  return [
    `${summary.cells} cells; the best lookahead in each`,
    `SI is slower than plain decoding in ${percent('si_slower_than_none')} of them, DSI in ${percent('dsi_slower_than_none')}`,
    `DSI is slower than SI in ${percent('dsi_slower_than_si')}; DSI/SI is ${summary.slowest_dsi_over_si} to ${summary.fastest_dsi_over_si}`,
    '',
  ].join('\n');
}

interface Ratios {
  readonly siOverNone: number[][];
  readonly dsiOverSi: number[][];
  readonly dsiOverNone: number[][];
}

function draw({ targets }: HeatmapOptions, ratios: Ratios): Figure {
  const panel = (title: string, rows: number[][]): FieldPanel => ({
    kind: 'field',
    title,
    xLabel: 'drafter latency c / T',
    yLabel: 'acceptance',
    xRange: [0, 1],
    yRange: [0, 1],
    rows,
    pivot: 1,
    bounds: [0.5, 0.7, 0.85, 1, 1.1, 1.25, 1.5, 2, 3, 5],
  });
  return {
    title: 'Times as fast: SI and DSI over drafter latency and acceptance',
    note: `closed forms, best lookahead per cell, SP = ${targets}; red: slower, blue: faster, black: equal`,
    columns: 3,
    panels: [
      panel('SI over plain decoding', ratios.siOverNone),
      panel('DSI over SI', ratios.dsiOverSi),
      panel('DSI over plain decoding', ratios.dsiOverNone),
    ],
  };
}
