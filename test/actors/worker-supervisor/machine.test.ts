import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type ChildEvent, workerSupervisorMachine } from '../../../actors/worker-supervisor/machine.js';
import { actorClock } from '../../../src/app/actor-options.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

/** A supervisor whose children are played by the test. */
function supervise() {
  const scheduler = new VirtualScheduler();
  const starts: ((event: ChildEvent) => void)[] = [];
  const kills: number[] = [];
  const downs: { worker: string | undefined; reason: string; isFinal: boolean }[] = [];
  const actor = createActor(workerSupervisorMachine, {
    clock: actorClock(scheduler),
    input: {
      launch: (report) => {
        starts.push(report);
        return { terminate: () => {}, kill: () => void kills.push(starts.length) };
      },
      onUp: () => {},
      onDown: (worker, reason, isFinal) => void downs.push({ worker, reason, isFinal }),
    },
  });
  actor.start();
  return {
    actor,
    starts,
    kills,
    downs,
    tell: (event: ChildEvent) => starts.at(-1)?.(event),
    pass: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
  };
}

const failed = (reason: string, permanent: boolean): ChildEvent => ({
  type: 'child.failed',
  reason,
  permanent,
});
const exited = (reason: string): ChildEvent => ({ type: 'child.exited', reason });

describe('worker supervisor', () => {
  it('gives up at once on a child that can never run, with its reason', () => {
    const { actor, starts, downs, tell, pass } = supervise();
    tell(failed('the model is refused', true));
    expect(actor.getSnapshot().value).toBe('failing');
    tell(exited('it ended with code 1'));
    pass(60_000);
    expect(starts).toHaveLength(1);
    expect(downs).toEqual([{ worker: undefined, reason: 'the model is refused', isFinal: true }]);
    expect(actor.getSnapshot()).toMatchObject({
      status: 'done',
      output: { lastError: 'the model is refused' },
    });
  });

  it('tries again what failed for the moment, and gives up after five times', () => {
    const { actor, starts, downs, tell, pass } = supervise();
    for (let start = 1; start <= 5; start++) {
      expect(starts).toHaveLength(start);
      tell(failed(`no server, try ${start}`, false));
      tell(exited('it ended with code 1'));
      pass(60_000);
    }
    expect(starts).toHaveLength(5);
    expect(downs.map(({ reason }) => reason)).toEqual([1, 2, 3, 4, 5].map((n) => `no server, try ${n}`));
    expect(downs.map(({ isFinal }) => isFinal)).toEqual([false, false, false, false, true]);
    expect(actor.getSnapshot().status).toBe('done');
  });

  it('kills a child that says nothing any more, and starts another one', () => {
    const { actor, starts, kills, downs, tell, pass } = supervise();
    actor.send({ type: 'worker.silent' });
    expect(kills).toEqual([]);
    tell({ type: 'child.ready', worker: 'w1' });
    actor.send({ type: 'worker.silent' });
    expect(kills).toEqual([1]);
    tell(exited('it ended by SIGKILL'));
    pass(1000);
    expect(starts).toHaveLength(2);
    expect(downs).toEqual([{ worker: 'w1', reason: 'it hung', isFinal: false }]);
  });

  it('gives a child up that hangs again and again, though it was up for longer than others need to recover', () => {
    const { actor, starts, downs, tell, pass } = supervise();
    for (let start = 1; !downs.at(-1)?.isFinal; start++) {
      expect(starts).toHaveLength(start);
      tell({ type: 'child.ready', worker: `w${start}` });
      pass(45_000);
      actor.send({ type: 'worker.silent' });
      tell(exited('it ended by SIGKILL'));
      pass(10_000);
    }
    expect(starts).toHaveLength(5);
  });

  it('reports each end with its own reason and forgives a child that has run for long', () => {
    const { starts, downs, tell, pass } = supervise();
    for (let start = 1; start <= 8; start++) {
      tell({ type: 'child.ready', worker: `w${start}` });
      pass(40_000);
      tell(exited(`signal ${start}`));
      pass(1000);
    }
    expect(starts).toHaveLength(9);
    expect(downs.at(-1)).toEqual({ worker: 'w8', reason: 'signal 8', isFinal: false });
  });
});
