import type { Plan } from './generation.js';

/** Drafts wait at most this long in a drafter for the rest of their message. */
const FLUSH_MS = 4;
/** The same where only whole messages are wanted. */
const WHOLE_FLUSH_MS = 12;
/** In si a round is one message: it does not wait for the clock. */
const ROUND_FLUSH_MS = 1000;
/** A drafter that kept others waiting this often in a row waits the longest for another chance. */
const MOST_MISSES = 8;
/** A start is sent again when nothing came for this long, plus twenty drafts' time and, in si, that of a round. */
const SILENCE_MS = 500;

/** A drafter that verifications may wait for; times as the controller's clock has them, milliseconds. */
export interface AwaitedDrafter {
  /** When its drafts last came. */
  heardAtMs: number;
  /** Since when drafts on the path that will be committed have been awaited. */
  owesSinceMs: number;
  /** Times in a row that it was waited for in vain. */
  misses: number;
}

/**
 * How long drafts may wait in a drafter for the rest of their message, milliseconds. Where targets keep up with the
 * drafter and no first job waits, a job is as many drafts as a message: what came before would wait in the controller
 * instead, and shift what the next message begins with. Not where a whole message takes so long to make that a target
 * with nothing else to do may want a part of it.
 */
export function flushMs({ mode, lookahead, wait, targets }: Plan, draftMs: number, targetMs: number): number {
  if (mode === 'si') return ROUND_FLUSH_MS;
  const wholeMs = lookahead * draftMs;
  const isWhole = wait === 0 && targets * wholeMs >= targetMs && wholeMs <= WHOLE_FLUSH_MS;
  return isWhole ? WHOLE_FLUSH_MS : FLUSH_MS;
}

/**
 * How long a drafter that takes `draftMs` for a draft is waited for where a message takes `hopMs` one way, milliseconds.
 * `heldMs`: what its drafts may wait for others, beside rounds.
 */
export function allowanceMs(
  { mode, lookahead }: Plan,
  draftMs: number,
  heldMs: number,
  hopMs: number,
): number {
  const [inMessage, held] = mode === 'si' ? [lookahead, FLUSH_MS] : [1, heldMs];
  return (inMessage + 3) * draftMs + held + FLUSH_MS + 2 * hopMs;
}

/** How long nothing may come of a drafter that was told to draft before it is told again, milliseconds. */
export function silenceMs({ mode, lookahead }: Plan, draftMs: number): number {
  const inMessageMs = mode === 'si' ? Math.min(ROUND_FLUSH_MS, lookahead * draftMs) : 0;
  return SILENCE_MS + 20 * draftMs + inMessageMs;
}

/** When a drafter counts as late. */
export function lateAtMs({ heardAtMs, owesSinceMs }: AwaitedDrafter, allowance: number): number {
  return Math.max(heardAtMs, owesSinceMs) + allowance;
}

/** A drafter that kept nobody waiting is waited for; one that did is given another chance, each time later. */
export function noteAwaited(drafter: AwaitedDrafter, nowMs: number, allowance: number): void {
  const isOwing = drafter.heardAtMs < drafter.owesSinceMs;
  const isForgiven = nowMs >= drafter.owesSinceMs + allowance * 2 ** (drafter.misses + 1);
  if (isOwing && !isForgiven) return;
  if (isOwing) drafter.misses = Math.min(MOST_MISSES, drafter.misses + 1);
  drafter.owesSinceMs = nowMs;
}
