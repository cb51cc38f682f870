import type { ForwardTime } from '../model.js';

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

/** What one token more adds to a pass is taken from passes of up to so many tokens. */
export const LIKELY_TOKENS = 8;

/** Milliseconds that each further token adds to a pass of up to `tokens`, on average; 0 or more. */
export function slopeMs(times: readonly ForwardTime[], tokens: number): number {
  if (tokens <= 1) return 0;
  return Math.max(0, (forwardMs(times, tokens) - forwardMs(times, 1)) / (tokens - 1));
}
