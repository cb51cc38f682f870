import type { SpanFrame } from './frames.js';

/** How far back the timeline reaches. */
export const WINDOW_MS = 6000;
/** A span is told of when it has ended: it may reach far back. */
const KEPT_MS = 2 * WINDOW_MS;
const MOST_KEPT = 8000;

/** What is drawn: times on the clock of whoever decides what a generation does. */
export class SpanBook {
  private spans: SpanFrame[] = [];
  /** How far that clock is ahead of this page's, less the way of a message, of the fastest one. */
  private aheadMs: number | undefined;

  add(span: SpanFrame, nowMs: number): void {
    const { track, span: kind, startMs, endMs = startMs } = span;
    // Workers elsewhere have clocks of their own.
    if (track === 'controller') this.aheadMs = Math.max(this.aheadMs ?? endMs - nowMs, endMs - nowMs);
    if (kind === 'job' || kind === 'verdict' || kind === 'generation') return;
    this.spans.push(span);
    if (this.spans.length >= 2 * MOST_KEPT) this.spans = this.spans.slice(-MOST_KEPT);
  }

  sweep(nowMs: number): void {
    const sinceMs = this.clock(nowMs) - KEPT_MS;
    const first = this.spans[0];
    if (first === undefined || (first.endMs ?? first.startMs) >= sinceMs) return;
    this.spans = this.spans.filter(({ startMs, endMs = startMs }) => endMs >= sinceMs);
  }

  /** What time it is on the spans' clock. */
  clock(nowMs: number): number {
    return nowMs + (this.aheadMs ?? 0);
  }

  /** Where another server answers, another clock holds. */
  forgetClock(): void {
    this.aheadMs = undefined;
  }

  all(): readonly SpanFrame[] {
    return this.spans;
  }
}
