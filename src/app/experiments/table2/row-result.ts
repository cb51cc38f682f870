import { closedFormMsPerToken, powerSum, smallestLookahead } from '../../../core/closed-forms.js';
import type { GenerationMode } from '../../../core/generation.js';
import { idealDistributedMs, idealPlainMs, idealRoundsMs, type RunTrace } from '../../../core/ideal.js';
import { mean, sum } from '../../../core/statistics.js';
import type { MeasuredRun } from '../measure-run.js';
import type { MeasuredRow, RowLookaheads } from './measure-row.js';
import { QUOTED_LOOKAHEADS, type Table2Row } from './rows.js';

/** What one mode took, over all prompts; milliseconds. */
interface ModeResult {
  readonly msPerToken: number;
  /** On the runs' own traces and pass times. */
  readonly idealMsPerToken: number;
  /** Of the ideal speed, over all prompts and of each. */
  readonly share: number;
  readonly shares: readonly number[];
  /** TTFT. */
  readonly firstTokenMs: number;
}

/** How often as fast DSI is as SI. */
export interface Ratios {
  /** SI with one forward per round, at its best lookahead. */
  readonly measured: number;
  readonly ideal: number;
  /** The measured ratio, had each refuted round of SI cost one more forward, as in the published simulator. */
  readonly measuredWithExtra: number;
  /** Of a text without end. */
  readonly closedForm: number;
  /** The same with that forward, and the lookaheads that the paper tries. */
  readonly closedFormAsPublished: number;
  readonly quoted: number;
}

export interface RowResult {
  readonly row: Table2Row;
  readonly lookaheads: RowLookaheads;
  readonly tokens: number;
  /** confirmed / (confirmed + refuted), in all prompts. */
  readonly acceptance: number;
  readonly modes: Readonly<Record<GenerationMode, ModeResult>>;
  readonly ratios: Ratios;
}

export function resultOfRow({ row, lookaheads, runs }: MeasuredRow, targets: number): RowResult {
  const idealOf = (mode: GenerationMode, trace: RunTrace): number => {
    if (mode === 'none') return idealPlainMs(trace);
    return mode === 'si'
      ? idealRoundsMs(trace, lookaheads.si)
      : idealDistributedMs(trace, { lookahead: lookaheads.dsi, targets });
  };
  const modeResult = (mode: GenerationMode): ModeResult => {
    const tokens = sum(runs[mode].map((run) => run.tokens));
    const ideals = runs[mode].map(({ trace }) => idealOf(mode, trace));
    const msPerToken = sum(runs[mode].map(({ ms }) => ms)) / tokens;
    return {
      msPerToken,
      idealMsPerToken: sum(ideals) / tokens,
      share: sum(ideals) / tokens / msPerToken,
      shares: runs[mode].map(({ ms }, index) => (ideals[index] ?? Number.NaN) / ms),
      firstTokenMs: mean(runs[mode].map(({ result }) => result.timings.promptMs)),
    };
  };
  const modes = { none: modeResult('none'), si: modeResult('si'), dsi: modeResult('dsi') };
  return {
    row,
    lookaheads,
    tokens: sum(runs.dsi.map((run) => run.tokens)),
    acceptance: acceptanceOf(runs.dsi),
    modes,
    ratios: {
      measured: modes.si.msPerToken / modes.dsi.msPerToken,
      ideal: modes.si.idealMsPerToken / modes.dsi.idealMsPerToken,
      measuredWithExtra:
        (modes.si.msPerToken + extraMsPerToken(runs.si, lookaheads.si)) / modes.dsi.msPerToken,
      closedForm: closedFormRatio(row, lookaheads, targets),
      closedFormAsPublished: ratioAsPublished(row, targets),
      quoted: row.quotedRatio,
    },
  };
}

function acceptanceOf(runs: readonly MeasuredRun[]): number {
  const decided = sum(runs.map(({ result }) => result.timings.draftTokens));
  return sum(runs.map(({ result }) => result.timings.draftTokensAccepted)) / decided;
}

/** What one forward per refuted round comes to. */
function extraMsPerToken(runs: readonly MeasuredRun[], lookahead: number): number {
  const extraMs = runs.map(
    ({ trace }) => idealRoundsMs(trace, lookahead, trace.targetMs) - idealRoundsMs(trace, lookahead),
  );
  return sum(extraMs) / sum(runs.map(({ tokens }) => tokens));
}

/** DSI over SI of a text without end, each at its lookahead. */
function closedFormRatio(row: Table2Row, { si, dsi }: RowLookaheads, targets: number): number {
  const siMs = closedFormMsPerToken({ ...row, mode: 'si', lookahead: si, targets: 1 });
  return siMs / closedFormMsPerToken({ ...row, mode: 'dsi', lookahead: dsi, targets });
}

/**
 * The same as the published simulator counts: lookaheads of 1, 5 and 10, for DSI the smallest that Eq. 1 allows, and for
 * SI one forward more in each round in which a draft was refuted.
 */
function ratioAsPublished(row: Table2Row, targets: number): number {
  const { targetMs, acceptance } = row;
  const siMs = QUOTED_LOOKAHEADS.map((lookahead) => {
    const perRound = powerSum(acceptance, lookahead + 1);
    const extraMs = (targetMs * (1 - acceptance ** lookahead)) / perRound;
    return closedFormMsPerToken({ ...row, mode: 'si', lookahead, targets: 1 }) + extraMs;
  });
  const least = smallestLookahead({ ...row, targets });
  const lookahead = QUOTED_LOOKAHEADS.find((quoted) => quoted >= least) ?? 10;
  return Math.min(...siMs) / closedFormMsPerToken({ ...row, mode: 'dsi', lookahead, targets });
}
