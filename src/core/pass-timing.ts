import type { ForwardTime } from './model.js';

/** How long simulated passes take. */
export interface PassTiming {
  /** Mean time of a pass over one token, milliseconds. */
  readonly ms: number;
  /** Added for each further token, milliseconds. */
  readonly perTokenMs: number;
  /** Coefficient of variation of a log-normal factor with mean 1. */
  readonly jitter: number;
  /** Share of passes that take `stragglerFactor` times as long, 0..1. */
  readonly stragglers: number;
  readonly stragglerFactor: number;
  /** What passes take times as long after DRIFT_PASSES of them; they get there evenly. 1: as long as the first. */
  readonly drift: number;
}

const DRIFT_PASSES = 1000;

/** What a straggler takes times as long, unless something else is said. */
export const STRAGGLER_FACTOR = 5;

/** A simulated pass over more new tokens than this is split. */
export const MAX_CHUNK_TOKENS = 1024;

export function steadyTiming(ms: number): PassTiming {
  return { ms, perTokenMs: 0, jitter: 0, stragglers: 0, stragglerFactor: 1, drift: 1 };
}

/** T(n) as a simulated model announces it: the mean without stragglers, before any drift. */
export function announcedTimes({ ms, perTokenMs }: PassTiming): ForwardTime[] {
  if (perTokenMs === 0) return [{ tokens: 1, ms }];
  return [1, 64].map((tokens) => ({ tokens, ms: ms + perTokenMs * (tokens - 1) }));
}

/** Draws the times of one model's passes, one after another. */
export class PassTimes {
  private readonly sigma: number;
  private passes = 0;

  /** `random`: uniform in [0, 1). */
  constructor(
    private readonly timing: PassTiming,
    private readonly random: () => number,
  ) {
    this.sigma = Math.sqrt(Math.log(1 + timing.jitter ** 2));
  }

  /** Milliseconds of the next pass, over `tokens` tokens. */
  next(tokens: number): number {
    const { ms, perTokenMs, stragglers, stragglerFactor, drift } = this.timing;
    let time = ms + perTokenMs * Math.max(0, tokens - 1);
    if (drift !== 1) time *= 1 + (drift - 1) * Math.min(1, this.passes / DRIFT_PASSES);
    this.passes++;
    if (this.sigma > 0) time *= Math.exp(this.sigma * this.normal() - this.sigma ** 2 / 2);
    if (stragglers > 0 && this.random() < stragglers) time *= stragglerFactor;
    return time;
  }

  /** Box and Muller (1958). */
  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }
}
