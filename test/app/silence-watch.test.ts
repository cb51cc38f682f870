import { describe, expect, it } from 'vitest';
import { SilenceWatch } from '../../src/app/silence-watch.js';
import type { DirectoryEvent } from '../../src/app/worker-directory.js';
import type { BusStatus } from '../../src/core/bus.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';
import { announcement } from '../support/announcement.js';

function setUp() {
  const scheduler = new VirtualScheduler();
  let tell: (event: DirectoryEvent) => void = () => {};
  let setStatus: (status: BusStatus) => void = () => {};
  const watch = new SilenceWatch({
    scheduler,
    bus: {
      onStatus: (handler) => {
        setStatus = handler;
        return () => {};
      },
    },
    directory: {
      listen: (listener) => {
        tell = listener;
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
    tell: (event: DirectoryEvent) => tell(event),
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
      if (looks < 6) set.tell({ type: 'worker.joined', announced: announcement({ worker: 'a' }) });
      set.tell({ type: 'worker.heard', worker: 'b', freeSlots: 1 });
      expect(set.silent).toEqual(looks < 13 ? [] : ['a']);
    }
    expect(set.silent).toEqual(['a']);
  });

  it('is not told by a directory that gives a worker up', () => {
    const set = setUp();
    set.follow('a');
    set.runFor(30_000);
    set.tell({ type: 'worker.lost', worker: 'a' });
    set.runFor(15_000);
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
    set.runFor(4000);
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
