import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';

/** How often node looks how late a timer is. */
const SAMPLE_MS = 20;
/** How often the figures begin anew. */
const PERIOD_MS = 10_000;
/** A delay that people see: a log line per period. What this process does itself takes 5 ms at most. */
const HIGH_MS = 50;

/** How long what is due waits for this thread, milliseconds. */
export interface EventLoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface EventLoopWatch {
  /** The worse of the last whole period of 10 s and the one that runs. */
  delay(): EventLoopDelay;
  close(): void;
}

/** Measures the delay of this thread's event loop from now on, and logs when it is high. */
export function watchEventLoop({
  scheduler,
  logger,
}: {
  scheduler: Scheduler;
  logger: Logger;
}): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  histogram.enable();
  let last: EventLoopDelay = { p99Ms: 0, maxMs: 0 };
  // The histogram holds times between two samples.
  const late = (ns: number) => Math.max(0, Math.round(ns / 1e5 - 10 * SAMPLE_MS) / 10);
  const current = (): EventLoopDelay =>
    histogram.count === 0
      ? { p99Ms: 0, maxMs: 0 }
      : { p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) };
  let stop = scheduler.schedule(PERIOD_MS, function renew() {
    last = current();
    histogram.reset();
    if (last.maxMs >= HIGH_MS)
      logger.warn({ ...last, periodMs: PERIOD_MS }, 'the event loop was kept waiting');
    stop = scheduler.schedule(PERIOD_MS, renew);
  });
  return {
    delay: () => {
      const now = current();
      return { p99Ms: Math.max(last.p99Ms, now.p99Ms), maxMs: Math.max(last.maxMs, now.maxMs) };
    },
    close: () => {
      stop();
      histogram.disable();
    },
  };
}
