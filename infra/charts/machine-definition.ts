import type { AnyActorRef } from 'xstate';

export interface MachineDefinition {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** What a machine makes of its input is no part of its chart. */
const CODE = new Set(['context', 'input', 'output']);
const written = new WeakMap<object, MachineDefinition>();

/** The chart of an actor's machine as plain data: functions are left out, or stand as their names. Undefined: no machine. */
export function machineDefinition(actor: AnyActorRef): MachineDefinition | undefined {
  const { logic } = actor as { logic?: { id?: unknown; config?: unknown } };
  if (typeof logic?.config !== 'object' || logic.config === null) return undefined;
  const known = written.get(logic.config);
  if (known !== undefined) return known;
  const plain: object = JSON.parse(JSON.stringify(logic.config, plainPart));
  const definition = { ...plain, id: String(logic.id) };
  written.set(logic.config, definition);
  return definition;
}

function plainPart(key: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  return CODE.has(key) ? undefined : { type: value.name };
}
