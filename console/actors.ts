import { type ChartState, parseChart } from './chart.js';
import type { ActorFrame, EventFrame, Facts, Place, SnapshotFrame } from './frames.js';

/** How long an actor that has ended stays in sight. */
const ENDED_SHOWN_MS = 10_000;
/** How long an actor that was to be told of anew may be missing. */
const CONFIRM_MS = 2000;
/** How long a state that was entered stands out, or an event that arrived. */
export const FLASH_MS = 700;
const MOST_ACTORS = 400;
const MOST_EVENT_TYPES = 8;
const MOST_CHARTS = 64;

export interface ReceivedEvents {
  readonly count: number;
  /** When the last one came, on this page's clock. */
  readonly atMs: number;
}

/** An actor as it is shown. Times are on this page's clock, except `createdAtMs`. */
export interface ShownActor {
  readonly id: string;
  readonly process: string;
  readonly parent: string | undefined;
  readonly name: string;
  readonly machine: string;
  readonly chart: ChartState;
  readonly createdAtMs: number;
  readonly place: Place;
  readonly facts: Facts;
  /** When states were entered, of those that still stand out. */
  readonly visited: ReadonlyMap<string, number>;
  /** By type, in the order in which they were first seen. */
  readonly received: ReadonlyMap<string, ReceivedEvents>;
  readonly endedAtMs: number | undefined;
}

interface Entry extends Omit<ShownActor, 'visited' | 'received'> {
  place: Place;
  facts: Facts;
  visited: Map<string, number>;
  received: Map<string, ReceivedEvents>;
  endedAtMs: number | undefined;
  /** Since when it has to be told of anew. */
  doubtedAtMs: number | undefined;
}

/** The actors of all processes, those included that ended a moment ago. */
export class ActorBook {
  private readonly entries = new Map<string, Entry>();
  private readonly charts = new Map<string, ChartState>();

  /** In the order in which they were told of. */
  all(): ShownActor[] {
    return [...this.entries.values()];
  }

  get(id: string): ShownActor | undefined {
    return this.entries.get(id);
  }

  appeared(
    { actor, process, parent, name, machine, definition, place, atMs }: ActorFrame,
    nowMs: number,
  ): void {
    const known = this.entries.get(actor);
    if (known === undefined) this.makeRoom();
    this.entries.set(actor, {
      ...{ id: actor, process, parent, name, machine, place },
      facts: place.facts,
      chart: this.chartOf(definition),
      createdAtMs: known?.createdAtMs ?? atMs,
      visited: known?.visited ?? new Map(),
      received: known?.received ?? new Map(),
      endedAtMs: place.status === 'active' ? undefined : nowMs,
      doubtedAtMs: undefined,
    });
  }

  moved({ actor, place, visited }: SnapshotFrame, nowMs: number): void {
    const entry = this.entries.get(actor);
    if (entry === undefined) return;
    entry.place = place;
    entry.facts = { ...entry.facts, ...place.facts };
    for (const state of visited) entry.visited.set(state, nowMs);
    if (place.status !== 'active') entry.endedAtMs ??= nowMs;
  }

  received({ actor, type }: EventFrame, nowMs: number): void {
    const received = this.entries.get(actor)?.received;
    if (received === undefined) return;
    received.set(type, { count: (received.get(type)?.count ?? 0) + 1, atMs: nowMs });
    if (received.size <= MOST_EVENT_TYPES) return;
    const [oldest] = [...received].reduce((a, b) => (b[1].atMs < a[1].atMs ? b : a));
    received.delete(oldest);
  }

  /** Those of a process (undefined: of all) are there only if they are told of again. */
  doubt(process: string | undefined, nowMs: number): void {
    for (const entry of this.entries.values()) {
      if (process !== undefined && entry.process !== process) continue;
      if (entry.endedAtMs === undefined) entry.doubtedAtMs ??= nowMs;
    }
  }

  /** Their process is no more. */
  lost(process: string, nowMs: number): void {
    for (const entry of this.entries.values()) if (entry.process === process) entry.endedAtMs ??= nowMs;
  }

  /** Drops who ended long enough ago, and what no longer stands out. */
  sweep(nowMs: number): void {
    for (const entry of this.entries.values()) {
      const { endedAtMs = Number.POSITIVE_INFINITY, doubtedAtMs = Number.POSITIVE_INFINITY } = entry;
      if (nowMs - endedAtMs > ENDED_SHOWN_MS || nowMs - doubtedAtMs > CONFIRM_MS)
        this.entries.delete(entry.id);
      for (const [state, atMs] of entry.visited) if (nowMs - atMs > FLASH_MS) entry.visited.delete(state);
    }
  }

  /** Who ended first goes first, else who is there longest. */
  private makeRoom(): void {
    if (this.entries.size < MOST_ACTORS) return;
    const all = [...this.entries.values()];
    const ended = all.find(({ endedAtMs }) => endedAtMs !== undefined);
    this.entries.delete((ended ?? all[0])?.id ?? '');
  }

  /** Actors of one machine share its chart. */
  private chartOf(definition: string): ChartState {
    const known = this.charts.get(definition);
    if (known !== undefined) return known;
    const chart = parseChart(definition);
    if (this.charts.size >= MOST_CHARTS) this.charts.clear();
    this.charts.set(definition, chart);
    return chart;
  }
}
