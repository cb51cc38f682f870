import type { Scheduler } from '../../src/core/scheduler.js';

/**
 * Nothing is kept for one that has not asked for this long: it is served elsewhere, or dead. Longer than it takes until
 * a request that was lost is noticed and made again.
 */
const PLACE_MS = 4000;

/** More have no place: they are served when the line is shorter. */
const MOST_PLACES = 1024;

/**
 * Who was refused for want of a slot, in the order in which they first asked: a slot that becomes free is kept for the
 * first of them, so that whoever asks at the right moment overtakes nobody.
 */
export class WaitingLine {
  /** When each last asked, first come first. */
  private readonly askedAtMs = new Map<string, number>();

  constructor(private readonly scheduler: Pick<Scheduler, 'now'>) {}

  get isEmpty(): boolean {
    this.forgetSilent();
    return this.askedAtMs.size === 0;
  }

  /** How many come before it: all, when it has no place. */
  before(generation: string): number {
    this.forgetSilent();
    let before = 0;
    for (const waiting of this.askedAtMs.keys()) {
      if (waiting === generation) break;
      before++;
    }
    return before;
  }

  /** It has asked in vain: it keeps its place, or takes the last one. */
  wait(generation: string): void {
    if (this.askedAtMs.has(generation) || this.askedAtMs.size < MOST_PLACES)
      this.askedAtMs.set(generation, this.scheduler.now());
  }

  /** False when it had no place. */
  leave(generation: string): boolean {
    return this.askedAtMs.delete(generation);
  }

  clear(): void {
    this.askedAtMs.clear();
  }

  private forgetSilent(): void {
    const silentSinceMs = this.scheduler.now() - PLACE_MS;
    for (const [generation, askedAtMs] of this.askedAtMs)
      if (askedAtMs < silentSinceMs) this.askedAtMs.delete(generation);
  }
}
