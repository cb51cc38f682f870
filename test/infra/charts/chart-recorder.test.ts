import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type AnyActorRef, createActor, setup, spawnChild } from 'xstate';
import { ChartRecorder } from '../../../infra/charts/chart-recorder.js';
import { shownGeneration } from '../../../infra/charts/shown-generation.js';
import type { ChartFrame, ChartFrameOf } from '../../../src/core/chart-frames.js';
import { silentLogger } from '../../../src/core/logger.js';
import { checkMessage } from '../../../src/core/message-check.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

const child = setup({}).createMachine({
  id: 'child',
  initial: 'open',
  states: { open: { on: { shut: 'shut' } }, shut: { type: 'final' } },
});

/** It spawns a child, and one of its states is passed through at once. */
const machine = setup({ actors: { child } }).createMachine({
  id: 'parent',
  context: ({ spawn }) => ({ child: spawn('child', { id: 'child' }) }),
  initial: 'idle',
  states: {
    idle: { on: { go: 'passing' } },
    passing: { always: 'arrived' },
    arrived: {
      on: {
        go: 'passing',
        end: 'over',
        grow: { actions: spawnChild('child', { id: 'another' }) },
      },
    },
    over: { type: 'final' },
  },
});

describe('ChartRecorder', () => {
  let scheduler: VirtualScheduler;
  let recorder: ChartRecorder;
  let frames: ChartFrame[];
  let omitted: number;
  let batches: number;

  beforeEach(() => {
    scheduler = new VirtualScheduler();
    recorder = new ChartRecorder(scheduler, silentLogger);
    frames = [];
    omitted = 0;
    batches = 0;
  });

  const watch = () =>
    recorder.watch((more, left) => {
      frames.push(...more);
      omitted += left;
      batches++;
    });
  const of = <Kind extends ChartFrame['kind']>(kind: Kind) =>
    frames.filter((frame): frame is ChartFrameOf<Kind> => frame.kind === kind);
  const enrolled = (facts = () => ({ jobs: 3 })) => {
    const actor = createActor(machine);
    const leave = recorder.enrol(actor as unknown as AnyActorRef, facts);
    actor.start();
    return { actor, leave };
  };

  test('listens to nobody, and asks for no facts, until somebody looks, and not afterwards', () => {
    const facts = vi.fn(() => ({ jobs: 3 }));
    const { actor } = enrolled(facts);
    const inspect = vi.spyOn(actor.system, 'inspect');
    actor.send({ type: 'go' });
    scheduler.run();
    expect(inspect).not.toHaveBeenCalled();
    watch();
    recorder.present();
    expect(facts).toHaveBeenCalled();
    recorder.unwatch();
    facts.mockClear();
    actor.send({ type: 'go' });
    scheduler.run();
    expect(facts).not.toHaveBeenCalled();
    expect(frames).toEqual([]);
  });

  test('presents every actor with its machine, its parent and where it is, the machine once', () => {
    enrolled();
    const { actor } = enrolled();
    actor.send({ type: 'go' });
    watch();
    const present = recorder.present();
    expect(present.filter(({ kind }) => kind === 'machine')).toMatchObject([
      { machine: 'parent', definition: { id: 'parent', initial: 'idle' } },
      { machine: 'child' },
    ]);
    const actors = present.filter((frame): frame is ChartFrameOf<'actor'> => frame.kind === 'actor');
    expect(actors).toHaveLength(4);
    const mine = actors.find((frame) => frame.actor === actor.sessionId);
    expect(mine).toMatchObject({ states: ['arrived'], status: 'active', facts: { jobs: 3 } });
    expect(actors.filter(({ parent }) => parent === actor.sessionId)).toMatchObject([
      { machine: 'child', name: 'child', states: ['open'] },
    ]);
  });

  test('tells events at once they are handed over, and a place once, with every state on the way', () => {
    const { actor } = enrolled();
    watch();
    recorder.present();
    actor.send({ type: 'go', position: 7, ids: [1, 2] } as never);
    actor.send({ type: 'go' });
    scheduler.run();
    expect(of('event').map(({ event }) => event)).toEqual([
      { type: 'go', position: 7, ids: 2 },
      { type: 'go' },
    ]);
    expect(of('snapshot')).toMatchObject([
      { states: ['arrived'], visited: ['passing', 'arrived', 'passing', 'arrived'], event: 'go' },
    ]);
    actor.send({ type: 'go' });
    scheduler.run();
    expect(of('snapshot')).toHaveLength(2);
  });

  test('shows an actor that comes while somebody looks, and its end', () => {
    watch();
    recorder.present();
    const { actor, leave } = enrolled();
    scheduler.run();
    expect(of('actor').map(({ machine }) => machine)).toEqual(['parent', 'child']);
    actor.send({ type: 'go' });
    actor.send({ type: 'end' });
    leave();
    scheduler.run();
    const last = of('snapshot').filter((frame) => frame.actor === actor.sessionId);
    expect(last.at(-1)).toMatchObject({ status: 'done', states: ['over'] });
    expect(recorder.present().filter(({ kind }) => kind === 'actor')).toEqual([]);
  });

  test('shows a child from its birth to its end', () => {
    const { actor } = enrolled();
    actor.send({ type: 'go' });
    watch();
    recorder.present();
    actor.send({ type: 'grow' });
    scheduler.run();
    expect(of('actor')).toMatchObject([{ name: 'another', parent: actor.sessionId, states: ['open'] }]);
    (actor.getSnapshot().children as Record<string, AnyActorRef>).another?.send({ type: 'shut' });
    scheduler.run();
    const own = of('snapshot').filter((frame) => frame.actor === of('actor')[0]?.actor);
    expect(own).toMatchObject([{ status: 'done', states: ['shut'] }]);
    expect(recorder.present().filter(({ kind }) => kind === 'actor')).toHaveLength(2);
  });

  test('shows one that nobody enrols any more as stopped, with its children', () => {
    watch();
    recorder.present();
    const { leave } = enrolled();
    leave();
    leave();
    scheduler.run();
    expect(of('snapshot').map(({ status }) => status)).toEqual(['stopped', 'stopped']);
  });

  test('keeps so much at most between two looks, and counts the rest', () => {
    const { actor } = enrolled();
    watch();
    recorder.present();
    for (let i = 0; i < 2000; i++) actor.send({ type: 'go' });
    scheduler.run();
    expect(of('event').length + omitted).toBe(2000);
    expect(of('event').length).toBeLessThanOrEqual(500);
    expect(batches).toBe(1);
    expect(of('snapshot')).toHaveLength(1);
    expect(of('snapshot')[0]?.visited).toHaveLength(32);
  });

  test('gives up rather than disturb what it watches', () => {
    const facts = vi.fn(() => ({ jobs: 3 }));
    const { actor } = enrolled(facts);
    watch();
    recorder.present();
    facts.mockImplementation(() => {
      throw new Error('no facts');
    });
    actor.send({ type: 'go' });
    scheduler.run();
    expect(actor.getSnapshot().value).toBe('arrived');
    expect(frames).toEqual([]);
    actor.send({ type: 'go' });
    expect(scheduler.run()).toBe(true);
  });

  test('shows what took time, without what tells a token', () => {
    const pass = {
      kind: 'pass' as const,
      track: 'target-1',
      generation: 'g1',
      startMs: 5,
      endMs: 25,
      data: { position: 7, ids: [30_112] },
    };
    recorder.trace(pass);
    watch();
    recorder.trace(pass);
    scheduler.run();
    expect(of('span')).toEqual([
      {
        kind: 'span',
        span: 'pass',
        track: 'target-1',
        generation: shownGeneration('g1'),
        startMs: 5,
        endMs: 25,
        facts: { position: 7, ids: 1 },
      },
    ]);
  });

  test('makes frames that the bus takes', () => {
    const { actor, leave } = enrolled();
    watch();
    const present = recorder.present();
    actor.send({ type: 'go' });
    leave();
    scheduler.run();
    const message = {
      type: 'charts.shown',
      process: 'p',
      seq: 0,
      afresh: true,
      omitted: 0,
      ends: false,
      frames: [...present, ...frames],
    };
    expect(checkMessage(JSON.parse(JSON.stringify(message)))).toMatchObject({ kind: 'message' });
  });
});
