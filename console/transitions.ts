import { asObject, type JsonObject } from './json.js';

/** A way on from a state, as the machine's definition has it. */
export interface Transition {
  /** As it is shown: an event's type, `always`, `after backoff`. */
  readonly event: string;
  /** The type of the event that takes it; `*` stands for any, `draft.*` for a family. */
  readonly type: string;
  readonly guard: string | undefined;
  /** The path of the state that it leads to; undefined: it stays. */
  readonly target: string | undefined;
}

/** The transitions of the state at `path`. `machine` is the id of the machine. */
export function transitionsOf(state: JsonObject, path: readonly string[], machine: string): Transition[] {
  const place = [machine, ...path].join('.');
  const of = (event: string, type: string, config: unknown) =>
    listOf(config).map((entry) => transition(event, type, entry, path, machine));
  const invoked = listOf(state.invoke).flatMap((entry, index) => {
    const { id, onDone, onError } = configOf(entry);
    const child = typeof id === 'string' ? id : `${index}.${place}`;
    return [
      ...of(`done: ${child}`, `xstate.done.actor.${child}`, onDone),
      ...of(`error: ${child}`, `xstate.error.actor.${child}`, onError),
    ];
  });
  return [
    ...Object.entries(configOf(state.on)).flatMap(([type, config]) =>
      of(type === '*' ? 'any event' : type, type, config),
    ),
    ...of('always', '', state.always),
    ...Object.entries(configOf(state.after)).flatMap(([delay, config]) =>
      of(`after ${delay}`, `xstate.after.${delay}.${place}`, config),
    ),
    ...of('done', `xstate.done.state.${place}`, state.onDone),
    ...invoked,
  ];
}

/** Where an event leads by some transitions; which one is taken is for their guards to say. */
export function targetsOf(transitions: readonly Transition[], type: string): string[] {
  const targets = transitions.flatMap((transition) =>
    takes(transition, type) && transition.target !== undefined ? [transition.target] : [],
  );
  return [...new Set(targets)];
}

function takes({ type }: Transition, event: string): boolean {
  if (type === '*') return true;
  return type === event || (type.endsWith('.*') && event.startsWith(type.slice(0, -1)));
}

function transition(
  event: string,
  type: string,
  entry: unknown,
  path: readonly string[],
  machine: string,
): Transition {
  const { guard, target } = typeof entry === 'string' ? { guard: undefined, target: entry } : configOf(entry);
  const name = typeof guard === 'string' ? guard : configOf(guard).type;
  const [first] = listOf(target);
  return {
    ...{ event, type },
    guard: typeof name === 'string' ? name : undefined,
    target: typeof first === 'string' ? targetPath(first, path, machine) : undefined,
  };
}

/** `.inner` is a state in this one, `#machine.state` one from the top, any other name one beside this. */
function targetPath(target: string, path: readonly string[], machine: string): string {
  if (target.startsWith('.')) return [...path, target.slice(1)].join('.');
  const top = `#${machine}.`;
  if (target.startsWith(top)) return target.slice(top.length);
  return target.startsWith('#') ? target.slice(1) : [...path.slice(0, -1), target].join('.');
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function configOf(value: unknown): JsonObject {
  return asObject(value) ?? {};
}
