import type { AnyActorRef } from 'xstate';
import { rollbackControllerMachine } from '../../actors/rollback-controller/machine.js';
import { workerSupervisorMachine } from '../../actors/worker-supervisor/machine.js';
import type { Frame } from '../../console/frames.js';
import { parseFrame } from '../../console/parse-frame.js';
import { machineDefinition } from '../../infra/charts/machine-definition.js';
import { StatelyFrames } from '../../infra/charts/stately-frames.js';
import type { ChartBatch, ChartFrame, ChartFrameOf } from '../../src/core/chart-frames.js';

const machines = [rollbackControllerMachine, workerSupervisorMachine];

/** The machines of this engine, as a process tells of them. */
export const machineFrames: readonly ChartFrameOf<'machine'>[] = machines.flatMap((logic) => {
  const definition = machineDefinition({ logic } as unknown as AnyActorRef);
  return definition === undefined ? [] : [{ kind: 'machine' as const, machine: definition.id, definition }];
});

/** The chart of one of them, as an actor's frame carries it. */
export function definitionOf(machine: string): string {
  return JSON.stringify(machineFrames.find((frame) => frame.machine === machine)?.definition);
}

/** The messages in which a server tells of a batch. */
export function messages(frames: readonly ChartFrame[], batch: Partial<ChartBatch> = {}): string[] {
  const told = { process: 'engine-1', afresh: false, gap: false, gone: false, frames, ...batch };
  return [...new StatelyFrames().of(told)];
}

/** The same, as the page reads them. */
export function read(frames: readonly ChartFrame[], batch: Partial<ChartBatch> = {}): Frame[] {
  return messages(frames, batch).flatMap((message) => parseFrame(message) ?? []);
}

export function actorFrame(
  actor: string,
  machine: string,
  states: readonly string[],
  more: Partial<ChartFrameOf<'actor'>> = {},
): ChartFrameOf<'actor'> {
  const place = { status: 'active' as const, states: [...states], facts: {}, atMs: 1000 };
  return { kind: 'actor', actor, machine, name: actor, ...place, ...more };
}

export function snapshotFrame(
  actor: string,
  states: readonly string[],
  more: Partial<ChartFrameOf<'snapshot'>> = {},
): ChartFrameOf<'snapshot'> {
  const place = {
    status: 'active' as const,
    states: [...states],
    visited: [...states],
    facts: {},
    atMs: 1000,
  };
  return { kind: 'snapshot', actor, event: 'any', ...place, ...more };
}

export function eventFrame(actor: string, type: string, facts: object = {}): ChartFrameOf<'event'> {
  return { kind: 'event', actor, event: { ...facts, type }, atMs: 1000 };
}

export function spanFrame(
  span: ChartFrameOf<'span'>['span'],
  track: string,
  startMs: number,
  endMs?: number,
  generation = 'g1',
): ChartFrameOf<'span'> {
  return { kind: 'span', span, track, generation, startMs, ...(endMs !== undefined && { endMs }), facts: {} };
}
