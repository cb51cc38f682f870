import type { GenerationHandle, GenerationRequest, GenerationService } from '../../core/engine.js';
import type { GenerationMode, GenerationResult } from '../../core/generation.js';
import { cleanStart, type RunTrace } from '../../core/ideal.js';
import { median } from '../../core/statistics.js';
import type { TraceEvent, TraceSink } from '../../core/trace.js';
import { untilEnd } from '../../core/until-end.js';

/** What one generation took, and what it may be held against. */
export interface MeasuredRun {
  readonly mode: GenerationMode;
  readonly tokenIds: readonly number[];
  readonly result: GenerationResult;
  /** The tokens after the clean start, and the milliseconds they took. */
  readonly tokens: number;
  readonly ms: number;
  /** From the clean start on, with the mean times of the run's passes; c is 0 where nothing was drafted. */
  readonly trace: RunTrace;
  readonly hops: HopTimes;
}

/** Medians, milliseconds; NaN where there was none. */
export interface HopTimes {
  /** From a job's publish to the start of the pass that serves it, where the target was idle. */
  readonly jobMs: number;
  /** From a pass's end to its verdict in the controller. */
  readonly verdictMs: number;
  /** From the end of a drafter's pass to the start of its next. */
  readonly draftGapMs: number;
}

/** Collects what an engine says of one run at a time. */
export class RunRecorder {
  private events: TraceEvent[] = [];

  readonly sink: TraceSink = (event) => {
    this.events.push(event);
  };

  /** Runs one generation to its end; rejects with its error, and when `signal` ended it. */
  async measure(
    service: GenerationService,
    request: GenerationRequest & { readonly mode: GenerationMode },
    signal: AbortSignal,
  ): Promise<MeasuredRun> {
    this.events = [];
    const handle = await service.create(request);
    const cancel = () => handle.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      const end = await untilEnd(handle.log);
      if (end.outcome === 'failed') throw end.error;
      if (end.outcome === 'cancelled') throw new Error('the generation was cancelled');
      return measuredRun(request.mode, handle, end.result, this.events);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}

function measuredRun(
  mode: GenerationMode,
  { log }: GenerationHandle,
  result: GenerationResult,
  events: readonly TraceEvent[],
): MeasuredRun {
  const start = cleanStart(log.tokens.map(({ drafted }) => drafted));
  const counted = log.tokens.slice(start);
  return {
    mode,
    tokenIds: log.tokens.map(({ token }) => token),
    result,
    tokens: Math.max(0, counted.length - 1),
    ms: (counted[counted.length - 1]?.atMs ?? 0) - (counted[0]?.atMs ?? 0),
    trace: {
      drafted: counted.map(({ drafted }) => drafted),
      targetMs: meanPassMs(events, 'pass'),
      drafterMs: meanPassMs(events, 'draft'),
    },
    hops: hopTimes(events),
  };
}

/** Of a target's pass, or of a drafter's pass for one token; 0 without one. */
export function meanPassMs(events: readonly TraceEvent[], kind: 'pass' | 'draft'): number {
  let totalMs = 0;
  let passes = 0;
  for (const event of events) {
    if (event.kind !== kind || event.endMs === undefined) continue;
    totalMs += event.endMs - event.startMs;
    const ids = event.data?.ids;
    passes += kind === 'draft' && Array.isArray(ids) ? ids.length : 1;
  }
  return passes === 0 ? 0 : totalMs / passes;
}

function hopTimes(events: readonly TraceEvent[]): HopTimes {
  const sentAt = new Map<unknown, number>();
  const endedAt = new Map<unknown, number>();
  const jobs: number[] = [];
  const verdicts: number[] = [];
  const gaps: number[] = [];
  let draftEndMs: number | undefined;
  for (const { kind, data, startMs, endMs } of events) {
    const job = data?.job;
    if (kind === 'job') sentAt.set(job, startMs);
    else if (kind === 'pass' && endMs !== undefined) {
      const sentMs = sentAt.get(job);
      if (sentMs !== undefined) jobs.push(startMs - sentMs);
      sentAt.delete(job);
      endedAt.set(job, endMs);
    } else if (kind === 'verdict') {
      const endedMs = endedAt.get(job);
      if (endedMs !== undefined) verdicts.push(startMs - endedMs);
    } else if (kind === 'draft' && endMs !== undefined) {
      if (draftEndMs !== undefined) gaps.push(startMs - draftEndMs);
      draftEndMs = endMs;
    }
  }
  return { jobMs: median(jobs), verdictMs: median(verdicts), draftGapMs: median(gaps) };
}
