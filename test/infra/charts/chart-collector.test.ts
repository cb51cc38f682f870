import { beforeEach, describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor, setup } from 'xstate';
import type { MemoryEndpoint } from '../../../infra/bus-memory/memory-endpoint.js';
import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { ChartCollector } from '../../../infra/charts/chart-collector.js';
import { ChartFeed } from '../../../infra/charts/chart-feed.js';
import { ChartRecorder } from '../../../infra/charts/chart-recorder.js';
import type { ChartBatch, ChartFrameOf } from '../../../src/core/chart-frames.js';
import { silentLogger } from '../../../src/core/logger.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

const machine = setup({}).createMachine({
  id: 'light',
  initial: 'red',
  states: { red: { on: { go: 'green' } }, green: { on: { go: 'red' } } },
});

describe('charts on the bus', () => {
  const subjects = createSubjects();
  let scheduler: VirtualScheduler;
  let network: MemoryNetwork;
  let said: string[];

  beforeEach(() => {
    scheduler = new VirtualScheduler();
    network = new MemoryNetwork({ scheduler });
    said = [];
    const ear = network.connect('ear');
    for (const subject of [subjects.everyInspectCharts, subjects.inspectWatch])
      ear.subscribe(subject, ({ message }) => said.push(message.type));
  });

  const pass = (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms });

  const startProcess = (process: string, lights: number) => {
    const bus = network.connect(process);
    const recorder = new ChartRecorder(scheduler, silentLogger);
    const feed = new ChartFeed({ process, recorder, bus, subjects, scheduler });
    const actors = Array.from({ length: lights }, (_, index) =>
      createActor(machine, { id: `${process}-${index}` }).start(),
    );
    const leaves = actors.map((actor) => recorder.enrol(actor as unknown as AnyActorRef, () => ({})));
    return { bus, feed, actors, leaves };
  };

  /** What one viewer makes of its batches: the places that it knows of. */
  const startViewer = (bus: MemoryEndpoint = network.connect('viewer')) => {
    const collector = new ChartCollector({ bus, subjects, scheduler });
    return { collector, ...join(collector) };
  };
  const join = (collector: ChartCollector) => {
    const batches: ChartBatch[] = [];
    const viewing = collector.join((batch) => batches.push(batch));
    const places = () => {
      const known = new Map<string, Map<string, string>>();
      const names = new Map<string, string>();
      for (const { process, afresh, gone, frames } of batches) {
        const actors = (afresh ? undefined : known.get(process)) ?? new Map<string, string>();
        known.set(process, actors);
        if (gone) known.delete(process);
        for (const frame of frames) {
          if (frame.kind === 'actor') names.set(frame.actor, frame.name);
          if (frame.kind !== 'actor' && frame.kind !== 'snapshot') continue;
          if (frame.status === 'active') actors.set(frame.actor, frame.states.join());
          else actors.delete(frame.actor);
        }
      }
      return [...known.values()].flatMap((actors) =>
        [...actors].map(([actor, states]) => `${names.get(actor)} ${states}`),
      );
    };
    return { batches, viewing, places };
  };

  test('are silent while nobody looks, and soon after nobody looks any more', () => {
    const { actors } = startProcess('a', 1);
    actors[0]?.send({ type: 'go' });
    pass(10_000);
    expect(said).toEqual([]);
    const { viewing } = startViewer();
    pass(3000);
    expect(said.filter((type) => type === 'charts.shown').length).toBeGreaterThan(1);
    viewing.leave();
    pass(6000);
    said.length = 0;
    actors[0]?.send({ type: 'go' });
    pass(20_000);
    expect(said).toEqual([]);
  });

  test('show every process as it is and as it goes on, also one that comes later', () => {
    const a = startProcess('a', 2);
    const { places } = startViewer();
    pass(10);
    expect(places()).toEqual(['a-0 red', 'a-1 red']);
    a.actors[1]?.send({ type: 'go' });
    pass(100);
    expect(places()).toEqual(['a-0 red', 'a-1 green']);
    startProcess('b', 1);
    pass(2000);
    expect(places()).toEqual(['a-0 red', 'a-1 green', 'b-0 red']);
  });

  test('show a second viewer at once what is there, and both what comes', () => {
    const { actors } = startProcess('a', 1);
    const first = startViewer();
    pass(500);
    actors[0]?.send({ type: 'go' });
    pass(500);
    said.length = 0;
    const second = join(first.collector);
    pass(0);
    expect(second.places()).toEqual(['a-0 green']);
    expect(said).toEqual([]);
    actors[0]?.send({ type: 'go' });
    pass(100);
    expect([first.places(), second.places()]).toEqual([['a-0 red'], ['a-0 red']]);
  });

  test('are asked for anew when a message was lost, and right again then', () => {
    const { actors, bus } = startProcess('a', 1);
    const { places, batches } = startViewer();
    pass(500);
    bus.disconnect();
    actors[0]?.send({ type: 'go' });
    pass(100);
    bus.reconnect();
    expect(places()).toEqual(['a-0 red']);
    actors[0]?.send({ type: 'unknown' } as never);
    pass(1100);
    expect(places()).toEqual(['a-0 green']);
    expect(batches.filter(({ afresh }) => afresh)).toHaveLength(2);
  });

  test('are asked for once when a message was lost, and again where that was not heard', () => {
    const { actors, bus } = startProcess('a', 1);
    const ear = network.connect('viewer');
    const { places } = startViewer(ear);
    pass(500);
    bus.disconnect();
    actors[0]?.send({ type: 'go' });
    pass(100);
    bus.reconnect();
    const publish = ear.publish.bind(ear);
    const asked: string[] = [];
    ear.publish = (_subject, message) => asked.push(JSON.stringify(message));
    for (let i = 0; i < 3; i++) {
      actors[0]?.send({ type: 'unknown' } as never);
      pass(60);
    }
    expect(asked).toEqual([expect.stringContaining('"afresh":true,"process":"a"')]);
    ear.publish = publish;
    expect(places()).toEqual(['a-0 red']);
    pass(1100);
    expect(places()).toEqual(['a-0 green']);
  });

  test('leave out what has ended where they are shown to another viewer', () => {
    const { actors, leaves } = startProcess('a', 2);
    const { collector } = startViewer();
    pass(100);
    leaves[0]?.();
    actors[1]?.send({ type: 'go' });
    pass(100);
    const late = join(collector);
    pass(0);
    expect(late.places()).toEqual(['a-1 green']);
  });

  test('of a process that ends, or is silent for long, are gone', () => {
    const a = startProcess('a', 1);
    const b = startProcess('b', 1);
    const { places } = startViewer();
    pass(100);
    a.feed.close();
    pass(100);
    expect(places()).toEqual(['b-0 red']);
    b.bus.disconnect();
    pass(14_000);
    expect(places()).toEqual(['b-0 red']);
    pass(3000);
    expect(places()).toEqual([]);
    b.bus.reconnect();
    pass(3000);
    expect(places()).toEqual(['b-0 red']);
  });

  test('of a process that is silent are marked until it is heard again, for a new viewer too', () => {
    const { bus } = startProcess('a', 1);
    const first = startViewer();
    const marks = ({ batches }: { readonly batches: readonly ChartBatch[] }) =>
      batches.flatMap(({ silent }) => (silent === undefined ? [] : [silent]));
    pass(5000);
    bus.disconnect();
    pass(2000);
    expect(marks(first)).toEqual([]);
    pass(3000);
    expect(marks(first)).toEqual([true]);
    const second = join(first.collector);
    pass(0);
    expect(marks(second)).toEqual([true]);
    bus.reconnect();
    pass(2000);
    expect([marks(first), marks(second)]).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  test('that cannot be told are told anew as long as somebody looks', () => {
    const recorder = new ChartRecorder(scheduler, silentLogger);
    const bus = network.connect('b');
    new ChartFeed({ process: 'b', recorder, bus, subjects, scheduler });
    const light = createActor(machine, { id: 'b-0' }).start();
    let fails = false;
    recorder.enrol(light as unknown as AnyActorRef, () => {
      if (fails) throw new Error('no facts');
      return {};
    });
    const { places } = startViewer();
    pass(100);
    expect(places()).toEqual(['b-0 red']);
    fails = true;
    light.send({ type: 'go' });
    pass(100);
    fails = false;
    pass(1500);
    expect(places()).toEqual(['b-0 green']);
  });

  test('come in messages that the bus takes, however many there are', () => {
    startProcess('a', 1300);
    const { places, batches } = startViewer();
    pass(200);
    expect(places()).toHaveLength(1300);
    expect(Math.max(...batches.map(({ frames }) => frames.length))).toBeLessThanOrEqual(500);
  });

  test('say when something was left out', () => {
    const { actors } = startProcess('a', 1);
    const { batches } = startViewer();
    pass(100);
    for (let i = 0; i < 2000; i++) actors[0]?.send({ type: 'go' });
    pass(100);
    expect(batches.filter(({ gap }) => gap)).toHaveLength(1);
  });

  test('are repeated to one viewer who asks, and to nobody else', () => {
    const { actors } = startProcess('a', 1);
    const first = startViewer();
    const second = join(first.collector);
    pass(100);
    const before = second.batches.length;
    first.viewing.repeat();
    actors[0]?.send({ type: 'go' });
    pass(100);
    expect(first.batches.slice(-2).map(({ afresh }) => afresh)).toEqual([true, false]);
    expect(second.batches.slice(before).map(({ afresh }) => afresh)).toEqual([false]);
    expect(first.places()).toEqual(['a-0 green']);
  });

  test('of another gateway that looks already come whole', () => {
    startProcess('a', 1);
    startViewer(network.connect('one'));
    pass(500);
    const { places } = startViewer(network.connect('two'));
    pass(10);
    const actors = places();
    expect(actors).toEqual(['a-0 red']);
  });

  test('have names for what a viewer knows', () => {
    startProcess('a', 1);
    const { batches } = startViewer();
    pass(10);
    const [machineFrame] = batches[0]?.frames ?? [];
    expect((machineFrame as ChartFrameOf<'machine'>).definition).toMatchObject({ id: 'light' });
  });
});
