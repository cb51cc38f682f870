import { mean, median, quantile } from '../../../core/statistics.js';
import { textTable } from '../../text-table.js';
import { type ExperimentOutcome, rounded } from '../outcome.js';
import type { MeasuredText, PassTimesOfText } from './measure-pair.js';

/** TTFT and TPOT of both models of a pair. */
export function presentLatency(texts: readonly MeasuredText[]): ExperimentOutcome {
  const target = latencyOf(texts.map((text) => text.target));
  const drafter = latencyOf(texts.map((text) => text.drafter));
  const ratio = target.tpotMedianMs / drafter.tpotMedianMs;
  const row = (name: string, latency: Latency) => [
    name,
    ...Object.values(latency).map((value: number) => value.toFixed(value < 1 ? 4 : 2)),
  ];
  return {
    report: {
      prompts: texts.length,
      prompt_tokens_mean: rounded(mean(texts.map(({ promptTokens }) => promptTokens))),
      target: wireLatency(target),
      drafter: wireLatency(drafter),
      target_over_drafter: rounded(ratio),
      targets_for_lookahead_1: Math.max(1, Math.ceil(ratio)),
    },
    text: [
      textTable(
        ['ms', 'TTFT mean', 'TTFT median', 'TPOT mean', 'TPOT median', 'TPOT p90'],
        [row('target', target), row('drafter', drafter)],
      ),
      `T / c = ${ratio.toFixed(1)}: lookahead 1 needs ${Math.max(1, Math.ceil(ratio))} targets (Eq. 1)\n`,
    ].join(''),
    figure: {
      title: 'Time per token by position in the output',
      note: `medians over ${texts.length} prompts; the pass over the prompt at 0`,
      columns: 1,
      panels: [
        {
          kind: 'lines',
          title: 'Passes',
          xLabel: 'position in the output',
          yLabel: 'milliseconds',
          series: [
            { name: 'target', points: byPosition(texts.map((text) => text.target)) },
            { name: 'drafter', points: byPosition(texts.map((text) => text.drafter)) },
          ],
        },
      ],
    },
  };
}

interface Latency {
  readonly ttftMeanMs: number;
  readonly ttftMedianMs: number;
  readonly tpotMeanMs: number;
  readonly tpotMedianMs: number;
  readonly tpotP90Ms: number;
}

function latencyOf(times: readonly PassTimesOfText[]): Latency {
  const first = times.map(({ firstMs }) => firstMs);
  const later = times.flatMap(({ laterMs }) => laterMs);
  return {
    ttftMeanMs: mean(first),
    ttftMedianMs: median(first),
    tpotMeanMs: mean(later),
    tpotMedianMs: median(later),
    tpotP90Ms: quantile(later, 0.9),
  };
}

function wireLatency(latency: Latency) {
  return {
    ttft_mean_ms: rounded(latency.ttftMeanMs),
    ttft_median_ms: rounded(latency.ttftMedianMs),
    tpot_mean_ms: rounded(latency.tpotMeanMs),
    tpot_median_ms: rounded(latency.tpotMedianMs),
    tpot_p90_ms: rounded(latency.tpotP90Ms),
  };
}

function byPosition(times: readonly PassTimesOfText[]): [number, number][] {
  const longest = Math.max(0, ...times.map(({ laterMs }) => laterMs.length));
  return Array.from({ length: longest + 1 }, (_, position) => {
    const there = times.flatMap(({ firstMs, laterMs }) => {
      const ms = position === 0 ? firstMs : laterMs[position - 1];
      return ms === undefined ? [] : [ms];
    });
    return [position, median(there)];
  });
}
