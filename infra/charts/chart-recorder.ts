import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { ChartFacts, ChartFrame, ChartFrameOf } from '../../src/core/chart-frames.js';
import type { Logger } from '../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { TraceEvent } from '../../src/core/trace.js';
import { activeStates } from './chart-states.js';
import { machineDefinition } from './machine-definition.js';
import { shownFacts } from './shown-event.js';
import { shownGeneration } from './shown-generation.js';

/** Frames are handed over this often: so often a second is an actor's place told at most. */
const FLUSH_MS = 50;
/** Events and spans kept for one hand-over; what is more is counted and left out. */
const MOST_FRAMES = 500;
/** States named in one snapshot. */
const MOST_VISITED = 32;
const LONGEST_WORD = 128;

/** Takes what happened since the last time, and how many frames were left out before it. */
export type ChartSink = (frames: readonly ChartFrame[], omitted: number) => void;

interface Shown {
  readonly actor: AnyActorRef;
  readonly name: string;
  readonly machine: string;
  readonly parent: string | undefined;
  readonly facts: () => ChartFacts;
  states: string;
  visited: string[];
  lastEvent: string;
}

interface Enrolled {
  readonly actor: AnyActorRef;
  readonly name: string;
  readonly facts: () => ChartFacts;
  detach: Cancel;
}

/**
 * The state charts of one process. Actors cost nothing until somebody looks: only then are they listened to. Nothing
 * that it is given is kept: events and snapshots become frames at once.
 */
export class ChartRecorder {
  private readonly enrolled = new Map<string, Enrolled>();
  private readonly shown = new Map<string, Shown>();
  private readonly machines = new Set<string>();
  private readonly moved = new Set<Shown>();
  private pending: ChartFrame[] = [];
  private omitted = 0;
  private sink: ChartSink | undefined;
  private failed = () => {};
  private stopTimer: Cancel | undefined;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly logger: Logger,
  ) {}

  /** Shows an actor, and those that it spawns, until the end is told. `facts`: what is known of it beside its state; `name`: what it is shown as. */
  enrol(actor: AnyActorRef, facts: () => ChartFacts, name = actor.id): Cancel {
    const entry: Enrolled = { actor, name, facts, detach: () => {} };
    this.enrolled.set(actor.sessionId, entry);
    if (this.sink !== undefined) this.attach(entry);
    return () => {
      if (!this.enrolled.delete(actor.sessionId)) return;
      entry.detach();
      this.leave(actor.sessionId);
    };
  }

  /** Shows a pass, a job, a rollback: whatever traces tell. */
  readonly trace = ({ kind, track, generation, startMs, endMs, data }: TraceEvent): void => {
    if (this.sink === undefined) return;
    this.add({
      kind: 'span',
      span: kind,
      track,
      generation: shownGeneration(generation),
      startMs,
      ...(endMs !== undefined && { endMs }),
      facts: shownFacts(data ?? {}),
    });
  };

  /** Begins to listen; what happens goes to `sink` some times a second. `failed`: that has ended, by an error. */
  watch(sink: ChartSink, failed: () => void = () => {}): void {
    this.sink = sink;
    this.failed = failed;
    for (const entry of this.enrolled.values()) this.attach(entry);
    this.forgetPending();
  }

  /** Everything that is there; what was not handed over yet is part of it. */
  present(): ChartFrame[] {
    this.forgetPending();
    this.machines.clear();
    const actors = [...this.shown.values()].map((shown) => this.actorFrame(shown));
    const machines = [...this.shown.values()].flatMap((shown) => this.machineFrame(shown));
    return [...machines, ...actors];
  }

  unwatch(): void {
    this.sink = undefined;
    for (const entry of this.enrolled.values()) entry.detach();
    this.shown.clear();
    this.forgetPending();
  }

  private attach(entry: Enrolled): void {
    const { actor } = entry;
    const subscription = actor.system.inspect((event) => this.guard(() => this.inspect(entry, event)));
    entry.detach = () => {
      subscription.unsubscribe();
      entry.detach = () => {};
    };
    this.show(actor, entry.name, undefined, entry.facts);
    const { children } = actor.getSnapshot() as { children?: Readonly<Record<string, AnyActorRef>> };
    for (const child of Object.values(children ?? {})) this.show(child, child.id, actor.sessionId, noFacts);
  }

  private inspect(entry: Enrolled, event: InspectionEvent): void {
    const actor = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.event':
        if (!this.shown.has(actor.sessionId)) return;
        this.add({
          kind: 'event',
          actor: actor.sessionId,
          ...(event.sourceRef !== undefined && { source: event.sourceRef.sessionId }),
          event: { ...shownFacts(event.event), type: word(event.event.type) },
          atMs: this.scheduler.now(),
        });
        return;
      case '@xstate.microstep':
        this.move(actor.sessionId, event.event.type, event.snapshot);
        return;
      case '@xstate.snapshot':
        // A child's first: when it is made it has no snapshot yet.
        if (!this.shown.has(actor.sessionId) && event.snapshot.status === 'active') {
          this.show(actor, actor.id, parentOf(actor)?.sessionId, noFacts);
          return;
        }
        this.move(actor.sessionId, event.event.type, event.snapshot);
        if (event.snapshot.status !== 'active' && actor !== entry.actor) this.leave(actor.sessionId);
        return;
      default:
        return;
    }
  }

  private show(actor: AnyActorRef, name: string, parent: string | undefined, facts: () => ChartFacts): void {
    const snapshot = actor.getSnapshot() as ChartSnapshot;
    const shown: Shown = {
      ...{ actor, name, parent, facts },
      machine: word(machineDefinition(actor)?.id ?? 'actor'),
      states: statesOf(snapshot).join(),
      visited: [],
      lastEvent: 'xstate.init',
    };
    this.shown.set(actor.sessionId, shown);
    this.pending.push(...this.machineFrame(shown), this.actorFrame(shown));
    this.flushLater();
  }

  /** It has ended, or was stopped, or nobody is told of it any more. */
  private leave(session: string): void {
    const shown = this.shown.get(session);
    if (shown === undefined) return;
    for (const [child, { parent }] of [...this.shown]) if (parent === session) this.leave(child);
    this.shown.delete(session);
    this.moved.delete(shown);
    const frame = this.snapshotFrame(shown);
    this.pending.push({ ...frame, status: frame.status === 'active' ? 'stopped' : frame.status });
    this.flushLater();
  }

  private move(session: string, event: string, snapshot: object): void {
    const shown = this.shown.get(session);
    if (shown === undefined) return;
    const states = statesOf(snapshot as ChartSnapshot);
    if (states.join() !== shown.states) {
      shown.states = states.join();
      if (shown.visited.length < MOST_VISITED) shown.visited.push(...states);
    }
    shown.lastEvent = word(event);
    this.moved.add(shown);
    this.flushLater();
  }

  private add(frame: ChartFrame): void {
    if (this.pending.length >= MOST_FRAMES) this.omitted++;
    else this.pending.push(frame);
    this.flushLater();
  }

  private machineFrame({ actor, machine }: Shown): ChartFrameOf<'machine'>[] {
    const definition = machineDefinition(actor);
    if (definition === undefined || this.machines.has(machine)) return [];
    this.machines.add(machine);
    return [{ kind: 'machine', machine, definition }];
  }

  private actorFrame(shown: Shown): ChartFrameOf<'actor'> {
    const { actor, name, parent, machine } = shown;
    return {
      kind: 'actor',
      actor: actor.sessionId,
      ...(parent !== undefined && { parent }),
      ...{ machine, name: word(name) },
      ...this.place(shown),
    };
  }

  private snapshotFrame(shown: Shown): ChartFrameOf<'snapshot'> {
    const { actor, lastEvent } = shown;
    const visited = shown.visited.slice(0, MOST_VISITED);
    shown.visited = [];
    return { kind: 'snapshot', actor: actor.sessionId, event: lastEvent, visited, ...this.place(shown) };
  }

  private place({ actor, facts }: Shown) {
    const snapshot = actor.getSnapshot() as ChartSnapshot;
    return {
      status: snapshot.status,
      states: statesOf(snapshot),
      facts: { ...facts() },
      atMs: this.scheduler.now(),
    };
  }

  private flushLater(): void {
    if (this.sink === undefined) return;
    this.stopTimer ??= this.scheduler.schedule(FLUSH_MS, () => this.guard(() => this.flush()));
  }

  private flush(): void {
    this.stopTimer = undefined;
    const frames = [...this.pending, ...[...this.moved].map((shown) => this.snapshotFrame(shown))];
    const { omitted } = this;
    this.forgetPending();
    this.sink?.(frames, omitted);
  }

  /** Whoever watches must not disturb: XState would let its error into the actor. */
  private guard(observe: () => void): void {
    try {
      observe();
    } catch (error) {
      this.logger.error({ error }, 'state charts cannot be shown');
      this.unwatch();
      this.failed();
    }
  }

  private forgetPending(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    this.pending = [];
    this.moved.clear();
    this.omitted = 0;
  }
}

interface ChartSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value?: unknown;
}

function statesOf({ value }: ChartSnapshot): string[] {
  return activeStates(value).map(word);
}

function noFacts(): ChartFacts {
  return {};
}

/** XState keeps it from its types alone. */
function parentOf(actor: AnyActorRef): AnyActorRef | undefined {
  return (actor as { _parent?: AnyActorRef })._parent;
}

function word(text: string): string {
  return text.slice(0, LONGEST_WORD);
}
