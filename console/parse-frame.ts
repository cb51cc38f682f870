import type { Facts, Frame, Place, SpanFrame } from './frames.js';
import { asObject, type JsonObject, parseObject } from './json.js';
import { activeStates } from './states.js';

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
    case 'slipstream.process.silent':
      return { kind: 'silent', process, silent: wire.silent === true };
    case 'slipstream.span':
      return spanOf(wire);
    default:
      return aboutActor(wire, process);
  }
}

function spanOf(wire: JsonObject): SpanFrame | undefined {
  const { startMs, endMs } = wire;
  const [span, track, generation] = [word(wire.span), word(wire.track), word(wire.generation)];
  if (span === undefined || track === undefined || generation === undefined) return undefined;
  if (!isNumber(startMs)) return undefined;
  return { kind: 'span', span, track, generation, startMs, endMs: isNumber(endMs) ? endMs : undefined };
}

function aboutActor(wire: JsonObject, process: string): Frame | undefined {
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
      const event = asObject(wire.event);
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
  const snapshot = asObject(value) ?? {};
  return {
    status: STATUSES.find((status) => status === snapshot.status) ?? 'active',
    states: words(activeStates(snapshot.value)),
    facts: factsOf(asObject(snapshot.context) ?? {}),
  };
}

function factsOf(value: JsonObject): Facts {
  const facts: Record<string, number | string | boolean> = {};
  for (const [name, fact] of Object.entries(value).slice(0, MOST_FACTS)) {
    if (typeof fact === 'string') facts[name] = fact.slice(0, LONGEST_WORD);
    else if (isNumber(fact) || typeof fact === 'boolean') facts[name] = fact;
  }
  return facts;
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
