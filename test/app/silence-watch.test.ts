import { describe, expect, it } from 'vitest';
import { SilenceWatch } from '../../src/app/silence-watch.js';
import type { BusStatus, Delivery } from '../../src/core/bus.js';
import { createSubjects } from '../../src/core/subjects.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';
import { announcement } from '../support/announcement.js';

const subjects = createSubjects();

function setUp() {
  const scheduler = new VirtualScheduler();
  let tell: (delivery: Pick<Delivery, 'message'>) => void = () => {};
  let setStatus: (status: BusStatus) => void = () => {};
  const watch = new SilenceWatch({
    scheduler,
    subjects,
    bus: {
      onStatus: (handler) => {
        setStatus = handler;
        return () => {};
      },
      subscribe: (subject, handler) => {
        expect(subject).toBe(subjects.everyWorkerStatus);
        tell = (delivery) => handler({ ...delivery, subject, respond: () => {} });
        return () => {
          tell = () => {};
        };
      },
    },
  });
  const silent: string[] = [];
  return {
    watch,
    silent,
    follow: (worker: string) => watch.watch(worker, () => silent.push(worker)),
    announce: (worker: string) => tell({ message: announcement({ worker, model: 'whichever' }) }),
    setStatus: (status: BusStatus) => setStatus(status),
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
  };
}

describe('SilenceWatch', () => {
  it('tells once of a worker that was not heard for 40 seconds', () => {
    const set = setUp();
    set.follow('a');
    set.follow('b');
    for (let looks = 0; looks < 40; looks++) {
      set.runFor(5000);
      if (looks < 6) set.announce('a');
      set.announce('b');
      expect(set.silent).toEqual(looks < 13 ? [] : ['a']);
    }
    expect(set.silent).toEqual(['a']);
  });

  it('does not count while the connection is down, when nobody is heard', () => {
    const set = setUp();
    set.follow('a');
    set.runFor(30_000);
    set.setStatus('disconnected');
    set.runFor(600_000);
    expect(set.silent).toEqual([]);
    set.setStatus('connected');
    set.runFor(34_000);
    expect(set.silent).toEqual([]);
    set.runFor(12_000);
    expect(set.silent).toEqual(['a']);
  });

  it('forgets whom nobody follows any more, and looks no more when it is closed', () => {
    const set = setUp();
    const stop = set.follow('a');
    set.follow('b');
    stop();
    set.runFor(30_000);
    set.watch.close();
    set.runFor(120_000);
    expect(set.silent).toEqual([]);
  });
});
