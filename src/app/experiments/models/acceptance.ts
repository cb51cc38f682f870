import { mean, sum } from '../../../core/statistics.js';
import { type ExperimentOutcome, rounded } from '../outcome.js';
import type { MeasuredText } from './measure-pair.js';

/** Which guesses were right, text by text: what the sums below are made of. */
export type Trace = readonly boolean[];

/** Lengths of the runs of right guesses: each ends at a wrong one, and the last of a text where the text ends. */
export function runLengths(trace: Trace): number[] {
  const runs: number[] = [];
  let run = 0;
  for (const right of trace) {
    if (right) run++;
    else {
      runs.push(run);
      run = 0;
    }
  }
  return run > 0 ? [...runs, run] : runs;
}

/** The paper's estimate: a = 1 - 1 / (1 + r) for a mean run length r. At least one trace has a guess. */
export function acceptanceOf(traces: readonly Trace[]): { meanRun: number; acceptance: number } {
  const meanRun = mean(traces.flatMap(runLengths));
  return { meanRun, acceptance: 1 - 1 / (1 + meanRun) };
}

/** Acceptance of a pair: overall and by position. Texts without a token count as prompts only. */
export function presentAcceptance(texts: readonly MeasuredText[]): ExperimentOutcome {
  const traces = texts.map(({ tokenIds, guesses }) => tokenIds.map((token, at) => guesses[at] === token));
  const { meanRun, acceptance } = acceptanceOf(traces);
  const tokens = sum(traces.map(({ length }) => length));
  const right = sum(traces.map((trace) => trace.filter(Boolean).length));
  const guessed = sum(texts.map(({ guesses }) => guesses.filter((guess) => guess !== undefined).length));
  const longest = Math.max(0, ...traces.map(({ length }) => length));
  const positions = Array.from({ length: longest }, (_, position) => {
    const there = traces.filter(({ length }) => length > position);
    return { texts: there.length, right: there.filter((trace) => trace[position]).length };
  });
  const summary = {
    prompts: texts.length,
    tokens,
    acceptance: rounded(acceptance),
    mean_run: rounded(meanRun),
    right_share: rounded(right / tokens),
    guessed_share: rounded(guessed / tokens),
    right_share_of_guessed: rounded(right / guessed),
  };
  return {
    report: {
      summary,
      positions,
      texts: texts.map(({ promptTokens, tokenIds }, index) => ({
        prompt_tokens: promptTokens,
        token_ids: tokenIds,
        right: (traces[index] ?? []).map(Number).join(''),
      })),
    },
    text: [
      `${texts.length} prompts, ${tokens} tokens`,
      `acceptance ${acceptance.toFixed(3)} (runs of ${meanRun.toFixed(2)} right guesses)`,
      `right at ${percent(right / tokens)} of positions; a guess at ${percent(guessed / tokens)}` +
        (guessed > 0 ? `, ${percent(right / guessed)} of them right` : ''),
      '',
    ].join('\n'),
    figure: {
      title: 'Acceptance by position',
      note: `${texts.length} prompts; acceptance by the paper's method ${acceptance.toFixed(3)}`,
      columns: 2,
      panels: [
        {
          kind: 'lines',
          title: 'Share of right guesses',
          xLabel: `position in the output, ${BIN_TOKENS} at a time`,
          yLabel: 'share',
          rules: [acceptance],
          series: [{ name: 'right', points: binned(positions) }],
        },
        {
          kind: 'lines',
          title: 'Runs of right guesses',
          xLabel: 'at least so long',
          yLabel: 'share of runs',
          series: [{ name: 'right', points: survival(traces.flatMap(runLengths)) }],
        },
      ],
    },
  };
}

const BIN_TOKENS = 5;

function binned(positions: readonly { texts: number; right: number }[]): [number, number][] {
  const points: [number, number][] = [];
  for (let at = 0; at < positions.length; at += BIN_TOKENS) {
    const bin = positions.slice(at, at + BIN_TOKENS);
    points.push([
      at + (bin.length - 1) / 2,
      sum(bin.map(({ right }) => right)) / sum(bin.map(({ texts }) => texts)),
    ]);
  }
  return points;
}

function survival(runs: readonly number[]): [number, number][] {
  const longest = Math.min(30, Math.max(0, ...runs));
  return Array.from({ length: longest + 1 }, (_, length) => [
    length,
    runs.filter((run) => run >= length).length / runs.length,
  ]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
