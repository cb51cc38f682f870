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

/** Mean time of a pass over `tokens` tokens, milliseconds. */
export function passMs({ ms, perTokenMs }: Pick<PassTiming, 'ms' | 'perTokenMs'>, tokens: number): number {
  return ms + perTokenMs * Math.max(0, tokens - 1);
}

/** Standard deviation of the logarithm of log-normal factors with this coefficient of variation. */
export function logDeviation(jitter: number): number {
  return Math.sqrt(Math.log(1 + jitter ** 2));
}

/** A standard normal variate of two uniform numbers, in (0, 1] and [0, 1): Box and Muller (1958). */
export function normalOf(first: number, second: number): number {
  return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
}

/** T(n) as a simulated model announces it: the mean without stragglers, before any drift. */
export function announcedTimes({ ms, perTokenMs }: PassTiming): ForwardTime[] {
  if (perTokenMs === 0) return [{ tokens: 1, ms }];
  return [1, 64].map((tokens) => ({ tokens, ms: passMs({ ms, perTokenMs }, tokens) }));
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
    this.sigma = logDeviation(timing.jitter);
  }

  /** Milliseconds of the next pass, over `tokens` tokens. */
  next(tokens: number): number {
    const { stragglers, stragglerFactor, drift } = this.timing;
    let time = passMs(this.timing, tokens);
    if (drift !== 1) time *= 1 + (drift - 1) * Math.min(1, this.passes / DRIFT_PASSES);
    this.passes++;
    if (this.sigma > 0) time *= Math.exp(this.sigma * this.normal() - this.sigma ** 2 / 2);
    if (stragglers > 0 && this.random() < stragglers) time *= stragglerFactor;
    return time;
  }

  private normal(): number {
    return normalOf(1 - this.random(), this.random());
  }
}
