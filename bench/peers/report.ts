import type { Figure } from '../../infra/plot/figure.js';
import { textTable } from '../../src/app/text-table.js';
import { mean, median, quantile, sum } from '../../src/core/statistics.js';
import { DSI, LLAMA, PLAIN } from './contenders.js';
import type { Results, Sample } from './sample.js';

const SETS = ['mt_bench', 'humaneval'] as const;

interface Row {
  readonly contender: string;
  readonly set: (typeof SETS)[number];
  readonly texts: number;
  /** Median, and the quarters between which half of the texts lie. */
  readonly tokensPerSecond: readonly [median: number, low: number, high: number];
  /** Median over turns of the ratio of speeds within the turn. */
  readonly timesPlain: number;
  /** Of the prompt for which it is least. */
  readonly leastTimesPlain: number;
  readonly timesLlama: number;
  readonly timesDsi: number;
  readonly firstTokenMs: number;
  readonly processorMsPerToken: number;
  /** NaN without drafts. */
  readonly acceptance: number;
  readonly asPlain: number;
}

/** A row for each contender and set, contenders in the order of `names`. */
export function rowsOf({ samples }: Results, names: readonly string[]): Row[] {
  const speeds = new Map(
    samples.map(({ turn, contender, tokensPerSecond }) => [`${turn} ${contender}`, tokensPerSecond]),
  );
  const rows: Row[] = [];
  for (const set of SETS) {
    for (const contender of names) {
      const own = samples.filter((sample) => sample.contender === contender && sample.set === set);
      if (own.length === 0) continue;
      const prompts = [...new Set(own.map(({ prompt }) => prompt))];
      const byPrompt = prompts
        .map((name) =>
          medianRatio(
            speeds,
            own.filter(({ prompt }) => prompt === name),
            PLAIN,
          ),
        )
        .filter((ratio) => !Number.isNaN(ratio));
      const rates = own.map(({ tokensPerSecond }) => tokensPerSecond);
      rows.push({
        contender,
        set,
        texts: own.length,
        tokensPerSecond: [median(rates), quantile(rates, 0.25), quantile(rates, 0.75)],
        timesPlain: medianRatio(speeds, own, PLAIN),
        leastTimesPlain: quantile(byPrompt, 0),
        timesLlama: medianRatio(speeds, own, LLAMA),
        timesDsi: medianRatio(speeds, own, DSI),
        firstTokenMs: median(own.map(({ firstTokenMs }) => firstTokenMs)),
        processorMsPerToken: median(own.map(({ processorMsPerToken }) => processorMsPerToken)),
        acceptance: acceptanceOf(own),
        asPlain: own.filter(({ asPlain }) => asPlain).length,
      });
    }
  }
  return rows;
}

/** Median over the turns of these samples of their speed to that of another in the same turn; NaN where it is in none. */
function medianRatio(speeds: ReadonlyMap<string, number>, samples: readonly Sample[], other: string): number {
  const ratios = samples.map(
    ({ turn, tokensPerSecond }) => tokensPerSecond / (speeds.get(`${turn} ${other}`) ?? Number.NaN),
  );
  return median(ratios.filter((ratio) => !Number.isNaN(ratio)));
}

export function reportText(results: Results, names: readonly string[]): string {
  const rows = rowsOf(results, names);
  const header = ['set', 'engine', 'tokens/s', 'half of them', 'x none', 'least', 'x llama.cpp', 'x dsi'];
  const table = textTable(
    [...header, 'first token', 'processor/token', 'acceptance', 'as none'],
    rows.map((row) => {
      const [middle, low, high] = row.tokensPerSecond;
      return [
        row.set,
        row.contender,
        middle.toFixed(1),
        `${low.toFixed(0)}..${high.toFixed(0)}`,
        shown(row.timesPlain),
        shown(row.leastTimesPlain),
        shown(row.timesLlama),
        shown(row.timesDsi),
        `${row.firstTokenMs.toFixed(0)} ms`,
        `${row.processorMsPerToken.toFixed(1)} ms`,
        shown(row.acceptance),
        `${row.asPlain} of ${row.texts}`,
      ];
    }),
  );
  const failures = Object.entries(results.failures)
    .filter(([name]) => names.includes(name))
    .map(([name, why]) => `${name}: not measured, ${why}\n`);
  return `${title(results)}\n${note(results)}\n\n${table}${failures.join('')}\n${breakdownTable(results, names)}`;
}

export function reportFigure(results: Results, names: readonly string[]): Figure {
  const rows = rowsOf(results, names);
  const shownNames = names.filter((name) => rows.some(({ contender }) => contender === name));
  const series = (value: (row: Row) => number) =>
    SETS.map((set) => ({
      name: set,
      values: shownNames.map((name) => {
        const row = rows.find((one) => one.contender === name && one.set === set);
        return row === undefined ? Number.NaN : value(row);
      }),
    }));
  const panel = (panelTitle: string, xLabel: string, value: (row: Row) => number) =>
    ({ kind: 'dots', title: panelTitle, xLabel, names: shownNames, series: series(value) }) as const;
  return {
    title: title(results),
    note: note(results),
    columns: 1,
    panels: [
      panel('Speed', 'tokens per second after the first', ({ tokensPerSecond }) => tokensPerSecond[0]),
      panel('First token', 'milliseconds', ({ firstTokenMs }) => firstTokenMs),
      panel('Processor time', 'milliseconds per token', ({ processorMsPerToken }) => processorMsPerToken),
    ],
  };
}

/** Where Slipstream's time goes, by mode and set. */
function breakdownTable({ samples }: Results, names: readonly string[]): string {
  const rows: string[][] = [];
  for (const set of SETS) {
    for (const contender of names) {
      const own = samples.filter((sample) => sample.contender === contender && sample.set === set);
      const parts = own.flatMap(({ breakdown }) => breakdown ?? []);
      if (parts.length === 0) continue;
      const spent = (['passMs', 'busMs', 'waitingMs', 'wastedMs'] as const).map((key) =>
        sum(parts.map((part) => part[key])),
      );
      const modes = [...new Set(parts.map(({ plannedMode, lookahead }) => `${plannedMode} ${lookahead}`))];
      rows.push([
        set,
        contender,
        `${mean(parts.map(({ targetMs }) => targetMs)).toFixed(1)} ms`,
        `${mean(parts.map(({ drafterMs }) => drafterMs)).toFixed(2)} ms`,
        mean(parts.map(({ targetPasses }) => targetPasses)).toFixed(1),
        ...spent.map((ms) => `${((100 * ms) / sum(spent)).toFixed(0)} %`),
        shownShare(parts.flatMap(({ ofIdeal }) => ofIdeal ?? [])),
        modes.slice(0, 4).join(', '),
      ]);
    }
  }
  if (rows.length === 0) return '';
  const header = ['set', 'engine', 'T', 'c', 'passes/text', 'pass', 'bus', 'waiting', 'wasted'];
  return textTable([...header, 'of ideal', 'last plans'], rows);
}

function title({ tokens, samples }: Results): string {
  const prompts = new Set(samples.map(({ prompt }) => prompt)).size;
  return `SmolLM2-135M-Instruct, greedy, ${tokens} tokens after each of ${prompts} prompts`;
}

function note({ machine, samples }: Results): string {
  const foreign = median(samples.map(({ foreignCores }) => foreignCores));
  return `${machine}; other programs kept ${foreign.toFixed(2)} cores busy (median)`;
}

function acceptanceOf(samples: readonly Sample[]): number {
  return sum(samples.map(({ accepted = 0 }) => accepted)) / sum(samples.map(({ decided = 0 }) => decided));
}

function shownShare(values: readonly number[]): string {
  return values.length === 0 ? '-' : `${(100 * median(values)).toFixed(0)} %`;
}

function shown(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(2);
}
