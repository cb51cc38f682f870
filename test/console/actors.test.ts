import { beforeEach, describe, expect, test } from 'vitest';
import { ConsoleModel } from '../../console/model.js';
import type { ChartBatch, ChartFrame } from '../../src/core/chart-frames.js';
import { actorFrame, eventFrame, machineFrames, read, snapshotFrame } from './wire.js';

let model: ConsoleModel;
beforeEach(() => {
  model = new ConsoleModel();
});

function tell(nowMs: number, frames: readonly ChartFrame[], batch: Partial<ChartBatch> = {}): void {
  for (const frame of read(frames, batch)) model.apply(frame, nowMs);
}

function names(nowMs: number): string[] {
  model.sweep(nowMs);
  return model.actors.all().map(({ name }) => name);
}

const shown = (name: string) => model.actors.all().find((actor) => actor.name === name);
const supervisor = (actor: string) => actorFrame(actor, 'worker-supervisor', ['starting']);

describe('an actor', () => {
  test('is where its last snapshot says, with the facts of all of them', () => {
    tell(0, [
      ...machineFrames,
      actorFrame('s', 'worker-supervisor', ['starting'], { facts: { crashes: 0, pid: 1 } }),
    ]);
    tell(0, [snapshotFrame('s', ['ready'], { facts: { crashes: 2 } })]);
    expect(shown('s')).toMatchObject({ place: { states: ['ready'] }, facts: { crashes: 2, pid: 1 } });
    expect(shown('s')?.chart.key).toBe('worker-supervisor');
  });

  test('stands out in states that it passed through, for a moment', () => {
    tell(0, [supervisor('s'), snapshotFrame('s', ['ready'], { visited: ['crashed', 'ready'] })]);
    expect([...(shown('s')?.visited.keys() ?? [])]).toEqual(['crashed', 'ready']);
    model.sweep(701);
    expect(shown('s')?.visited.size).toBe(0);
  });

  test('that has ended stays for ten seconds and goes', () => {
    tell(0, [supervisor('s'), supervisor('t')]);
    tell(100, [snapshotFrame('s', ['stopped'], { status: 'done' })]);
    expect(shown('s')?.endedAtMs).toBe(100);
    expect(names(10_100)).toEqual(['s', 't']);
    expect(names(10_101)).toEqual(['t']);
  });

  test('has ended with its process', () => {
    tell(0, [supervisor('s')]);
    tell(0, [supervisor('t')], { process: 'engine-2' });
    tell(50, [], { gone: true });
    expect([shown('s')?.endedAtMs, shown('t')?.endedAtMs]).toEqual([50, undefined]);
    expect(names(10_051)).toEqual(['t']);
  });

  test('of which a process that tells all anew says nothing is no more, and the others stay as they are', () => {
    tell(0, [supervisor('s'), supervisor('t'), eventFrame('s', 'child.ready')]);
    tell(500, [supervisor('s')], { afresh: true });
    expect(names(2500)).toEqual(['s', 't']);
    expect(names(2501)).toEqual(['s']);
    expect(shown('s')?.received.get('child.ready')?.count).toBe(1);
  });

  test('of which a new connection says nothing is no more', () => {
    tell(0, [supervisor('s')], { afresh: true });
    model.connected(100);
    expect(model.processes).toEqual(['engine-1']);
    expect(names(2101)).toEqual([]);
    expect(model.processes).toEqual([]);
  });

  test('counts what it receives by type, and forgets the types that it received longest ago', () => {
    tell(0, [supervisor('s')]);
    for (let type = 0; type < 10; type++) tell(type, [eventFrame('s', `event.${type}`)]);
    tell(20, [eventFrame('s', 'event.5')]);
    const received = [...(shown('s')?.received ?? [])].map(([type, { count }]) => `${type} ${count}`);
    expect(received[0]).toBe('event.2 1');
    expect(received).toContain('event.5 2');
    expect(received).toHaveLength(8);
  });

  test('makes room for another when there are very many: who has ended goes first', () => {
    tell(
      0,
      Array.from({ length: 400 }, (_, index) => supervisor(`s${index}`)),
    );
    tell(0, [snapshotFrame('s7', ['stopped'], { status: 'done' }), supervisor('new')]);
    expect(names(0)).toHaveLength(400);
    expect(shown('s7')).toBeUndefined();
    tell(0, [supervisor('newer')]);
    expect(names(0)).toHaveLength(400);
    expect(shown('s0')).toBeUndefined();
  });
});
