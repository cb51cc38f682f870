import { describe, expect, it } from 'vitest';
import { ClosedSessions } from '../../../actors/rollback-controller/closed-sessions.js';
import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

/** What the workers t1 and t2 are told, as `worker generation`; each call of `told` begins anew. */
function createBench() {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler });
  const subjects = createSubjects();
  const bus = network.connect('gateway');
  const workers = network.connect('workers');
  let heard: string[] = [];
  for (const worker of ['t1', 't2'])
    workers.subscribe(subjects.workerSession(worker), ({ message }) => {
      if (message.type === 'session.close') heard.push(`${worker} ${message.generation}`);
    });
  const closed = new ClosedSessions({ bus, subjects, scheduler }, 1000);
  return {
    bus,
    workers,
    scheduler,
    closed,
    /** Lets that many milliseconds pass. */
    pass: (ms: number) => {
      scheduler.schedule(ms, () => {});
      scheduler.run();
    },
    told: () => {
      scheduler.run({ limitMs: scheduler.now() });
      const all = heard;
      heard = [];
      return all;
    },
  };
}

describe('a session that is closed', () => {
  it('is closed once more when its worker is next heard of, and then never again', () => {
    const { closed, pass, told } = createBench();
    closed.close('t1', 'a');
    closed.close('t2', 'a');
    expect(told()).toEqual(['t1 a', 't2 a']);
    pass(600);
    closed.heard('t1');
    expect(told()).toEqual(['t1 a']);
    pass(100);
    closed.heard('t1');
    closed.heard('t3');
    expect(told()).toEqual([]);
  });

  it('while the connection is down is closed when it is back, and when a worker is that was down longer', () => {
    const { bus, workers, closed, pass, told } = createBench();
    bus.disconnect();
    closed.close('t1', 'a');
    expect(told()).toEqual([]);
    bus.reconnect();
    closed.reconnected();
    expect(told()).toEqual(['t1 a']);
    workers.disconnect();
    closed.close('t2', 'b');
    closed.reconnected();
    expect(told()).toEqual([]);
    workers.reconnect();
    pass(600);
    closed.heard('t2');
    expect(told()).toEqual(['t2 b']);
  });

  it('is closed again by what the worker says later, not by what was on its way when it was cut off', () => {
    const { workers, closed, pass, told } = createBench();
    closed.close('t1', 'a');
    workers.disconnect();
    pass(20);
    closed.heard('t1');
    expect(told()).toEqual([]);
    workers.reconnect();
    pass(980);
    closed.heard('t1');
    closed.heard('t1');
    expect(told()).toEqual(['t1 a']);
  });

  it('and opened again is left alone', () => {
    const { closed, pass, told } = createBench();
    closed.close('t1', 'a');
    closed.close('t1', 'b');
    told();
    closed.opened('t1', 'a');
    closed.reconnected();
    pass(600);
    closed.heard('t1');
    expect(told()).toEqual(['t1 b', 't1 b']);
  });

  it('is forgotten when its lease is over, since the worker has done so too', () => {
    const { closed, pass, told } = createBench();
    closed.close('t1', 'a');
    pass(600);
    closed.close('t1', 'b');
    pass(600);
    told();
    closed.reconnected();
    expect(told()).toEqual(['t1 b']);
  });

  it('is one of 4096 that are remembered, the latest ones', () => {
    const { closed, told } = createBench();
    for (let i = 0; i < 4100; i++) closed.close('t1', `g${i}`);
    told();
    closed.reconnected();
    const again = told();
    expect([again.length, again[0], again.at(-1)]).toEqual([4096, 't1 g4', 't1 g4099']);
  });

  it('is one of many that are said again some at a time, so that other events come in between', () => {
    const { bus, scheduler, closed, told } = createBench();
    for (let i = 0; i < 400; i++) closed.close('t1', `g${i}`);
    told();
    const perTurn: number[] = [];
    let said = 0;
    const publish = bus.publish.bind(bus);
    bus.publish = (subject, message) => {
      said++;
      publish(subject, message);
    };
    const turn = () => {
      perTurn.push(said);
      said = 0;
      if (perTurn.length < 5) scheduler.schedule(0, turn);
    };
    closed.reconnected();
    turn();
    closed.opened('t1', 'g399');
    expect(told().length).toBe(399);
    expect(perTurn).toEqual([128, 128, 128, 15, 0]);
  });
});
