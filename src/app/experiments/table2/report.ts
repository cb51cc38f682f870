import type { Figure } from '../../../../infra/plot/figure.js';
import { GENERATION_MODES } from '../../../core/generation.js';
import { textTable } from '../../text-table.js';
import { type ExperimentOutcome, rounded } from '../outcome.js';
import { BARS, missedBars } from './bars.js';
import type { RowResult } from './row-result.js';

export function presentTable2(results: readonly RowResult[]): ExperimentOutcome {
  return { report: { rows: results.map(rowReport) }, text: tabulate(results), figure: draw(results) };
}

function rowReport(result: RowResult): Record<string, unknown> {
  const { row, lookaheads, ratios } = result;
  const modes = GENERATION_MODES.map((mode) => {
    const { msPerToken, idealMsPerToken, share, shares, firstTokenMs } = result.modes[mode];
    const report = {
      ms_per_token: rounded(msPerToken),
      ideal_ms_per_token: rounded(idealMsPerToken),
      share_of_ideal: rounded(share),
      share_of_ideal_per_seed: shares.map((value) => rounded(value)),
      time_to_first_token_ms: rounded(firstTokenMs),
    };
    return [mode, report] as const;
  });
  return {
    row: row.id,
    title: row.title,
    target_ms: row.targetMs,
    drafter_ms: row.drafterMs,
    acceptance: row.acceptance,
    measured_acceptance: rounded(result.acceptance),
    si_lookahead: lookaheads.si,
    dsi_lookahead: lookaheads.dsi,
    tokens: result.tokens,
    ...Object.fromEntries(modes),
    dsi_over_si: {
      measured: rounded(ratios.measured),
      ideal: rounded(ratios.ideal),
      measured_with_extra_forward: rounded(ratios.measuredWithExtra),
      closed_form: rounded(ratios.closedForm),
      closed_form_as_published_simulator: rounded(ratios.closedFormAsPublished),
      published_as_quoted: ratios.quoted,
    },
    bars: BARS.map(({ name, least, read }) => {
      const value = read(result);
      return { name, least, value: rounded(value), met: value >= least };
    }),
  };
}

function tabulate(results: readonly RowResult[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const speeds = results.map(({ row, lookaheads, acceptance, modes }) => [
    row.title,
    String(row.targetMs),
    String(row.drafterMs),
    `${row.acceptance} (${acceptance.toFixed(2)})`,
    `${lookaheads.si} ${lookaheads.dsi}`,
    ...GENERATION_MODES.flatMap((mode) => [modes[mode].msPerToken.toFixed(2), percent(modes[mode].share)]),
    GENERATION_MODES.map((mode) => modes[mode].firstTokenMs.toFixed(0)).join(' '),
  ]);
  const ratios = results.map((result) => {
    const { row, modes } = result;
    const missed = missedBars(result);
    return [
      row.title,
      (modes.none.msPerToken / modes.dsi.msPerToken).toFixed(2),
      ...[
        result.ratios.measured,
        result.ratios.ideal,
        result.ratios.measuredWithExtra,
        result.ratios.closedForm,
        result.ratios.closedFormAsPublished,
        result.ratios.quoted,
      ].map((ratio) => ratio.toFixed(2)),
      missed.length === 0 ? 'all' : `not ${missed.join(', ')}`,
    ];
  });
  const shared = ['of ideal', 'si', 'of ideal', 'dsi', 'of ideal'];
  return [
    'Milliseconds per token, and the share of the ideal speed\n',
    textTable(['row', 'T', 'c', 'a (measured)', 'k si dsi', 'none', ...shared, 'TTFT none si dsi'], speeds),
    '\nTimes as fast\n',
    textTable(
      [
        'row',
        'dsi/none',
        'dsi/si',
        'ideal dsi/si',
        'si + forward',
        'closed form',
        'as published',
        'published (quoted)',
        'bars met',
      ],
      ratios,
    ),
  ].join('');
}

function draw(results: readonly RowResult[]): Figure {
  const names = results.map(({ row }) => row.title);
  const pick = (read: (result: RowResult) => number) => results.map(read);
  return {
    title: 'Table 2 online: DSI over SI, and what each mode makes of its ideal',
    note: 'wall-clock time over nats-server, waits in place of forwards; published figures as quoted, not checked row by row',
    columns: 2,
    panels: [
      {
        kind: 'dots',
        title: 'DSI over SI',
        xLabel: 'times as fast',
        rules: [1],
        names,
        series: [
          { name: 'measured', values: pick(({ ratios }) => ratios.measured) },
          { name: 'ideal', values: pick(({ ratios }) => ratios.ideal) },
          { name: 'SI + extra forward', values: pick(({ ratios }) => ratios.measuredWithExtra) },
          { name: 'closed form, as published', values: pick(({ ratios }) => ratios.closedFormAsPublished) },
          { name: 'published (quoted)', values: pick(({ ratios }) => ratios.quoted) },
        ],
      },
      {
        kind: 'dots',
        title: 'Share of the ideal speed',
        xLabel: 'share',
        rules: [1],
        names,
        series: GENERATION_MODES.map((mode) => ({
          name: mode,
          values: pick(({ modes }) => modes[mode].share),
        })),
      },
    ],
  };
}
