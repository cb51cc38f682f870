import { activeStates } from './states.js';

/** What is known of an actor or an event: numbers, switches and short texts by name. */
export type Facts = Readonly<Record<string, number | string | boolean>>;

/** Where an actor is: `states` are its active leaves, each with its ancestors, such as `running.speculating`. */
export interface Place {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly states: readonly string[];
  readonly facts: Facts;
}

interface AboutActor {
  readonly process: string;
  /** Unique among all processes. */
  readonly actor: string;
  readonly atMs: number;
}

export interface ActorFrame extends AboutActor {
  readonly kind: 'actor';
  readonly parent: string | undefined;
  readonly name: string;
  readonly machine: string;
  /** The machine as it is written, as JSON. */
  readonly definition: string;
  readonly place: Place;
}

export interface EventFrame extends AboutActor {
  readonly kind: 'event';
  readonly type: string;
  readonly facts: Facts;
}

export interface SnapshotFrame extends AboutActor {
  readonly kind: 'snapshot';
  readonly place: Place;
  /** States that were entered since the last snapshot. */
  readonly visited: readonly string[];
}

/** What took time on a worker, or happened in a generation; times in ms since the epoch. */
export interface SpanFrame {
  readonly kind: 'span';
  readonly span: string;
  /** A worker's id, or `controller`. */
  readonly track: string;
  readonly generation: string;
  readonly startMs: number;
  /** Undefined for an instant. */
  readonly endMs: number | undefined;
}

export type Frame =
  | ActorFrame
  | EventFrame
  | SnapshotFrame
  | SpanFrame
  | { readonly kind: 'process' | 'gone'; readonly process: string }
  | { readonly kind: 'gap'; readonly process: string | undefined };

const STATUSES = ['active', 'done', 'error', 'stopped'] as const;
const LONGEST_WORD = 256;
const MOST_FACTS = 32;
const MOST_STATES = 64;

/** A message of the server; undefined when it is nothing that this page knows. */
export function parseFrame(text: string): Frame | undefined {
  const wire = parseObject(text);
  const process = word(wire?.process);
  if (wire === undefined) return undefined;
  if (wire.type === 'slipstream.gap') return { kind: 'gap', process };
  if (process === undefined) return undefined;
  switch (wire.type) {
    case 'slipstream.process':
      return { kind: 'process', process };
    case 'slipstream.process.gone':
      return { kind: 'gone', process };
    case 'slipstream.span':
      return spanOf(wire);
    default:
      return aboutActor(wire, process);
  }
}

/** An object in JSON; undefined when the text is something else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function spanOf(wire: Readonly<Record<string, unknown>>): SpanFrame | undefined {
  const { startMs, endMs } = wire;
  const [span, track, generation] = [word(wire.span), word(wire.track), word(wire.generation)];
  if (span === undefined || track === undefined || generation === undefined) return undefined;
  if (!isNumber(startMs)) return undefined;
  return { kind: 'span', span, track, generation, startMs, endMs: isNumber(endMs) ? endMs : undefined };
}

function aboutActor(wire: Readonly<Record<string, unknown>>, process: string): Frame | undefined {
  const actor = word(wire.sessionId);
  const atMs = Number(wire.createdAt);
  if (actor === undefined || !Number.isFinite(atMs)) return undefined;
  const about = { process, actor, atMs };
  switch (wire.type) {
    case '@xstate.actor': {
      const { definition } = wire;
      return {
        ...{ kind: 'actor', ...about, parent: word(wire.parentId) },
        ...{ name: word(wire.name) ?? actor, machine: word(wire.machine) ?? 'actor' },
        definition: typeof definition === 'string' ? definition : '{}',
        place: placeOf(wire.snapshot),
      };
    }
    case '@xstate.event': {
      const event = object(wire.event);
      const type = word(event?.type);
      if (event === undefined || type === undefined) return undefined;
      const { type: _, ...facts } = factsOf(event);
      return { kind: 'event', ...about, type, facts };
    }
    case '@xstate.snapshot':
      return { kind: 'snapshot', ...about, place: placeOf(wire.snapshot), visited: words(wire.visited) };
    default:
      return undefined;
  }
}

function placeOf(value: unknown): Place {
  const snapshot = object(value) ?? {};
  return {
    status: STATUSES.find((status) => status === snapshot.status) ?? 'active',
    states: words(activeStates(snapshot.value)),
    facts: factsOf(object(snapshot.context) ?? {}),
  };
}

function factsOf(value: Readonly<Record<string, unknown>>): Facts {
  const facts: Record<string, number | string | boolean> = {};
  for (const [name, fact] of Object.entries(value).slice(0, MOST_FACTS)) {
    if (typeof fact === 'string') facts[name] = fact.slice(0, LONGEST_WORD);
    else if (isNumber(fact) || typeof fact === 'boolean') facts[name] = fact;
  }
  return facts;
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function words(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry) => word(entry) ?? []).slice(0, MOST_STATES);
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_WORD) : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
