import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { openChromeTrace } from '../../../infra/trace/chrome-trace.js';
import { summariseTrace, type TraceSummary } from '../../../infra/trace/summary.js';
import type { Logger } from '../../core/logger.js';
import type { TraceEvent, TraceSink } from '../../core/trace.js';

export interface TraceFile {
  readonly sink: TraceSink;
  /** Lines on where a generation's time went, and where the file is. */
  summary(generation: string): string;
  close(): void;
}

/** The file behind `--trace`, and what is needed to sum it up. */
export function openTrace(path: string, logger: Logger): TraceFile {
  const events: TraceEvent[] = [];
  const file = openChromeTrace(path, createRealScheduler(), (error) =>
    logger.error({ error, path }, 'trace ended early'),
  );
  return {
    sink: (event) => {
      events.push(event);
      file.sink(event);
    },
    summary: (generation) => {
      const summary = summariseTrace(events).find((candidate) => candidate.generation === generation);
      return `${summary === undefined ? '' : `${summaryText(summary)}\n`}trace in ${path} (open it at ui.perfetto.dev)\n`;
    },
    close: () => file.close(),
  };
}

function summaryText(summary: TraceSummary): string {
  const { totalMs, passMs, busMs, waitingMs, wastedMs, passes, wastedPasses } = summary;
  const share = (ms: number) =>
    `${Math.round(ms)} ms (${totalMs > 0 ? Math.round((ms / totalMs) * 100) : 0} %)`;
  return [
    `time ${Math.round(totalMs)} ms: pass ${share(passMs)}`,
    `bus ${share(busMs)}`,
    `waiting ${share(waitingMs)}`,
    `wasted ${share(wastedMs)}; ${passes} passes, ${wastedPasses} of them wasted`,
  ].join(', ');
}
