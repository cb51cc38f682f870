import type { TraceEvent } from '../../src/core/trace.js';

/**
 * Where the time of one generation went. Every instant from its start to its end counts once, under the first of
 * these that holds:
 * - `passMs`: a target was in a pass whose verdict was committed, or, before the first token, in a prefill;
 * - `busMs`: no such pass ran, but a job with such a pass was on its way to or from the worker, or in its queue;
 * - `wastedMs`: targets were only in passes of which nothing was committed;
 * - `waitingMs`: no target was in a pass at all (for drafts, for workers).
 */
export interface TraceSummary {
  readonly generation: string;
  readonly totalMs: number;
  readonly passMs: number;
  readonly busMs: number;
  readonly wastedMs: number;
  readonly waitingMs: number;
  readonly passes: number;
  /** Passes of which nothing was committed. */
  readonly wastedPasses: number;
  readonly committedTokens: number;
}

type Category = 'pass' | 'bus' | 'wasted';

interface Interval {
  readonly category: Category;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Summaries by generation, in order of their first event. What is read of `data`: `job` of `job`, `pass` and
 * `commit` events; `position` and `count` of a pass (what it decided) and `position` of a commit.
 */
export function summariseTrace(events: readonly TraceEvent[]): TraceSummary[] {
  const byGeneration = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const list = byGeneration.get(event.generation);
    if (list === undefined) byGeneration.set(event.generation, [event]);
    else list.push(event);
  }
  return [...byGeneration].map(([generation, list]) => summariseGeneration(generation, list));
}

function summariseGeneration(generation: string, events: readonly TraceEvent[]): TraceSummary {
  const whole = events.find((event) => event.kind === 'generation' && event.endMs !== undefined);
  const startMs = whole?.startMs ?? earliest(events);
  const endMs =
    whole?.endMs ?? events.reduce((ms, event) => Math.max(ms, event.endMs ?? event.startMs), startMs);
  const commits = events.filter((event) => event.kind === 'commit');
  const firstCommitMs = Math.min(endMs, earliest(commits));
  const committed = new Map<unknown, Set<unknown>>();
  for (const { data } of commits) {
    const positions = committed.get(data?.job);
    if (positions === undefined) committed.set(data?.job, new Set([data?.position]));
    else positions.add(data?.position);
  }
  const passes = events.filter((event) => event.kind === 'pass');
  const useful = new Set(passes.filter((pass) => decidedACommit(pass, committed.get(pass.data?.job))));
  const intervals: Interval[] = [];
  const add = (category: Category, event: TraceEvent, latestMs = endMs): void => {
    const from = Math.max(startMs, event.startMs);
    const to = Math.min(latestMs, event.endMs ?? event.startMs);
    if (to > from) intervals.push({ category, startMs: from, endMs: to });
  };
  for (const pass of passes) add(useful.has(pass) ? 'pass' : 'wasted', pass);
  for (const event of events) {
    if (event.kind === 'prefill') add('pass', event, firstCommitMs);
    if (event.kind === 'job' && committed.has(event.data?.job)) add('bus', event);
  }
  const spent = sweep(intervals);
  return {
    generation,
    totalMs: endMs - startMs,
    passMs: spent.pass,
    busMs: spent.bus,
    wastedMs: spent.wasted,
    waitingMs: Math.max(0, endMs - startMs - spent.pass - spent.bus - spent.wasted),
    passes: passes.length,
    wastedPasses: passes.length - useful.size,
    committedTokens: commits.length,
  };
}

function earliest(events: readonly TraceEvent[]): number {
  return events.reduce((ms, event) => Math.min(ms, event.startMs), Number.POSITIVE_INFINITY);
}

function decidedACommit(pass: TraceEvent, positions: ReadonlySet<unknown> | undefined): boolean {
  const { position, count } = pass.data ?? {};
  if (positions === undefined || typeof position !== 'number') return false;
  const last = position + (typeof count === 'number' ? count : 1);
  for (let p = position; p < last; p++) if (positions.has(p)) return true;
  return false;
}

/** Milliseconds under each category, an instant counting for the first of pass, bus, wasted that covers it. */
function sweep(intervals: readonly Interval[]): Record<Category, number> {
  const edges = intervals.flatMap(({ category, startMs, endMs }) => [
    { atMs: startMs, category, change: 1 },
    { atMs: endMs, category, change: -1 },
  ]);
  edges.sort((a, b) => a.atMs - b.atMs);
  const open: Record<Category, number> = { pass: 0, bus: 0, wasted: 0 };
  const spent: Record<Category, number> = { pass: 0, bus: 0, wasted: 0 };
  let lastMs = 0;
  for (const { atMs, category, change } of edges) {
    const running = open.pass > 0 ? 'pass' : open.bus > 0 ? 'bus' : open.wasted > 0 ? 'wasted' : undefined;
    if (running !== undefined) spent[running] += atMs - lastMs;
    open[category] += change;
    lastMs = atMs;
  }
  return spent;
}
