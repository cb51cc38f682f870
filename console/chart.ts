import { asObject, parseObject } from './json.js';
import { DEEPEST } from './states.js';
import { type Transition, transitionsOf } from './transitions.js';

/** A state of a machine, or the machine itself, whose path is ''. */
export interface ChartState {
  /** The keys from the machine's top to here: `running.speculating`. */
  readonly path: string;
  readonly key: string;
  readonly description: string | undefined;
  readonly kind: 'plain' | 'final' | 'parallel' | 'history';
  /** Whether the state around it begins here. */
  readonly isInitial: boolean;
  readonly transitions: readonly Transition[];
  readonly states: readonly ChartState[];
}

const KINDS = ['final', 'parallel', 'history'] as const;
/** States of one machine that are drawn. */
const MOST_STATES = 200;

/** The chart of a machine that is written as JSON. */
export function parseChart(definition: string): ChartState {
  const machine = parseObject(definition) ?? {};
  let left = MOST_STATES;

  const stateOf = (config: unknown, path: readonly string[], isInitial: boolean): ChartState => {
    const { states, initial, type, description, ...rest } = asObject(config) ?? {};
    const inner = Object.entries((path.length < DEEPEST && asObject(states)) || {}).slice(0, left);
    left -= inner.length;
    return {
      path: path.join('.'),
      key: path.at(-1) ?? String(machine.id ?? ''),
      description: typeof description === 'string' ? description : undefined,
      kind: KINDS.find((kind) => kind === type) ?? 'plain',
      isInitial,
      transitions: transitionsOf(rest, path, String(machine.id ?? '')),
      states: inner.map(([key, child]) => stateOf(child, [...path, key], key === initial)),
    };
  };
  return stateOf(machine, [], false);
}

/** The transitions that are open where the `lit` states are active, those of the innermost states first. */
export function openTransitions(chart: ChartState, lit: ReadonlySet<string>): Transition[] {
  if (!lit.has(chart.path)) return [];
  return [...chart.states.flatMap((state) => openTransitions(state, lit)), ...chart.transitions];
}

/** The active states that hold no other active one. */
export function litLeaves(chart: ChartState, lit: ReadonlySet<string>): ChartState[] {
  const inner = chart.states.filter(({ path }) => lit.has(path));
  return inner.length > 0 ? inner.flatMap((state) => litLeaves(state, lit)) : [chart];
}
