import type { TraceEvent, TraceKind } from '../../src/core/trace.js';

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
 * Summaries by generation, in order of their first event. A generation lasts as its `generation` event says, else
 * from its first event to its last commit. What is read of `data`: `job` of `job`; `job`, `position` and `ids` of
 * `pass`; `job` and `position` of `verdict`; `position` and `token` of `commit`.
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
  const of = (kind: TraceKind) => events.filter((event) => event.kind === kind);
  const commits = of('commit');
  const passes = of('pass');
  const [whole] = of('generation');
  const startMs = whole?.startMs ?? earliest(events);
  const endMs = whole?.endMs ?? latest(commits.length > 0 ? commits : events);
  const firstCommitMs = Math.min(endMs, earliest(commits));
  const useful = decidingPasses(passes, commits);
  const intervals: Interval[] = [];
  const add = (category: Category, fromMs: number, toMs: number): void => {
    const interval = { category, startMs: Math.max(startMs, fromMs), endMs: Math.min(endMs, toMs) };
    if (interval.endMs > interval.startMs) intervals.push(interval);
  };
  for (const pass of passes) add(useful.has(pass) ? 'pass' : 'wasted', pass.startMs, ended(pass));
  for (const event of of('prefill')) add('pass', event.startMs, Math.min(firstCommitMs, ended(event)));
  const sentMs = new Map(of('job').map((event) => [event.data?.job, event.startMs]));
  const returnedMs = new Map(of('verdict').map((event) => [passKey(event), event.startMs]));
  for (const pass of useful)
    add('bus', sentMs.get(pass.data?.job) ?? pass.startMs, returnedMs.get(passKey(pass)) ?? ended(pass));
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

/** For every committed token the pass that said it first; nothing says that it was on the right path but the token. */
function decidingPasses(
  passes: readonly TraceEvent[],
  commits: readonly TraceEvent[],
): ReadonlySet<TraceEvent> {
  const first = new Map<string, TraceEvent>();
  for (const pass of [...passes].sort((a, b) => ended(a) - ended(b))) {
    const { position, ids } = pass.data ?? {};
    if (typeof position !== 'number' || !Array.isArray(ids)) continue;
    ids.forEach((token: number, index) => {
      const key = `${position + index} ${token}`;
      if (!first.has(key)) first.set(key, pass);
    });
  }
  const deciding = commits.map(({ data }) => first.get(`${data?.position} ${data?.token}`));
  return new Set(deciding.filter((pass) => pass !== undefined));
}

/** A job that goes on by itself has several passes, each for other positions. */
function passKey({ data }: TraceEvent): string {
  return `${data?.job} ${data?.position}`;
}

function ended(event: TraceEvent): number {
  return event.endMs ?? event.startMs;
}

function earliest(events: readonly TraceEvent[]): number {
  return events.reduce((ms, event) => Math.min(ms, event.startMs), Number.POSITIVE_INFINITY);
}

function latest(events: readonly TraceEvent[]): number {
  return events.reduce((ms, event) => Math.max(ms, ended(event)), Number.NEGATIVE_INFINITY);
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
