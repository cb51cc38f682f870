import type { GenerationMode, Plan } from './generation.js';
import type { ForwardTime } from './model.js';

export interface PlanInputs {
  readonly mode: GenerationMode;
  /** What the user asked for; undefined: choose. */
  readonly lookahead: number | undefined;
  readonly targets: number;
  /** T(n) of one target. */
  readonly targetTimes: readonly ForwardTime[];
  /** c, milliseconds per drafted token; undefined: no drafter. */
  readonly draftMs: number | undefined;
}

/** Drafts beyond the committed prefix are never more than this, whatever the times say. */
export const MAX_AHEAD_TOKENS = 64;

/** A draft that adds less than this to the expected rate is not worth its place in a job. */
const NEGLIGIBLE_GAIN = 1.0001;

/** T(n) in milliseconds: linear between measured points, and along the last slope beyond them. */
export function forwardMs(times: readonly ForwardTime[], tokens: number): number {
  const first = times[0];
  if (first === undefined) return 0;
  let previous = first;
  for (const point of times) {
    if (point.tokens >= tokens) {
      if (point.tokens === previous.tokens) return point.ms;
      const share = (tokens - previous.tokens) / (point.tokens - previous.tokens);
      return previous.ms + share * (point.ms - previous.ms);
    }
    previous = point;
  }
  const before = times[times.length - 2];
  if (before === undefined) return previous.ms;
  const slope = Math.max(0, (previous.ms - before.ms) / (previous.tokens - before.tokens));
  return previous.ms + slope * (tokens - previous.tokens);
}

/** Lookahead by Eq. 1 of the DSI paper: the fewest drafts per job that SP targets keep up with, ceil(T / (c * SP)). */
export function planGeneration(inputs: PlanInputs): Plan {
  const { mode, targets, draftMs } = inputs;
  if (mode === 'none')
    return { mode, lookahead: 0, wait: 0, ahead: 0, targets: 1, reason: 'plain decoding asked for' };
  const targetMs = forwardMs(inputs.targetTimes, 1);
  const used = mode === 'si' ? 1 : targets;
  if (draftMs === undefined) {
    return { mode, lookahead: inputs.lookahead ?? 1, wait: 0, ahead: 0, targets: used, reason: 'no drafter' };
  }
  const ratio = targetMs / Math.max(draftMs, 0.01);
  const lookahead = inputs.lookahead ?? clamp(Math.ceil(ratio / used), 1, mode === 'si' ? 8 : 16);
  const ahead =
    mode === 'si' ? lookahead : clamp(Math.ceil(1.5 * ratio) + 2 * lookahead, 8, MAX_AHEAD_TOKENS);
  const why = inputs.lookahead === undefined ? 'ceil(T / (c * SP))' : 'asked for';
  return {
    mode,
    lookahead,
    wait: 0,
    ahead,
    targets: used,
    reason: `lookahead ${why}; T=${targetMs.toFixed(1)} ms, c=${draftMs.toFixed(2)} ms, SP=${used}`,
  };
}

/**
 * How many drafts one job should carry: the d from 0 to `most` that maximises expected tokens per millisecond,
 * (1 - a^(d+1)) / (1 - a) / T(d + 1), for acceptance `a`.
 */
export function jobTokensFor(times: readonly ForwardTime[], acceptance: number, most: number): number {
  return bestDraftCount(times, 0, acceptance, most);
}

/**
 * How many drafts the first job after a rollback should wait for: none where the targets keep up with the drafter
 * (Eq. 1); else the w that maximises (1 - a^(w+1)) / (1 - a) / (T(w + 1) + w * c), since a job for the bare root
 * occupies a target that is missed when the drafts are there.
 */
export function waitTokensFor(
  times: readonly ForwardTime[],
  draftMs: number,
  acceptance: number,
  targets: number,
  most: number,
): number {
  if (targets * draftMs >= forwardMs(times, 1)) return 0;
  return bestDraftCount(times, draftMs, acceptance, most);
}

function bestDraftCount(
  times: readonly ForwardTime[],
  draftMs: number,
  acceptance: number,
  most: number,
): number {
  let best = 0;
  let bestRate = 0;
  let expected = 0;
  let alive = 1;
  for (let drafts = 0; drafts <= most; drafts++) {
    expected += alive;
    alive *= acceptance;
    const rate = expected / (forwardMs(times, drafts + 1) + drafts * draftMs);
    if (rate > bestRate * NEGLIGIBLE_GAIN) {
      bestRate = rate;
      best = drafts;
    }
  }
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
