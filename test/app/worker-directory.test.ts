import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { type DirectoryEvent, WorkerDirectory } from '../../src/app/worker-directory.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { createSubjects } from '../../src/core/subjects.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';
import { announcement } from '../support/announcement.js';

function setUp(accepts: (announced: WorkerAnnounced) => boolean = () => true) {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler });
  const subjects = createSubjects();
  const directory = new WorkerDirectory({ bus: network.connect('gateway'), subjects, scheduler, accepts });
  const workers = network.connect('workers');
  const events: string[] = [];
  const stop = directory.listen((event) => events.push(describeEvent(event)));
  return {
    scheduler,
    directory,
    events,
    stop,
    announce: (asked: Partial<WorkerAnnounced>) => {
      const message = announcement(asked);
      workers.publish(subjects.workerStatus(message.worker), message);
      scheduler.run({ limitMs: scheduler.now() });
    },
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
    names: () => directory.list().map(({ worker }) => worker),
  };
}

function describeEvent(event: DirectoryEvent): string {
  return `${event.type} ${event.type === 'worker.joined' ? event.announced.worker : event.worker}`;
}

/** Announces as a worker does, every second for `seconds`. */
function live(set: ReturnType<typeof setUp>, worker: string, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    set.announce({ worker });
    set.scheduler.schedule(1000, () => {});
    set.runFor(1000);
  }
}

describe('WorkerDirectory', () => {
  it('lists who announces itself, and tells listeners who joins and who is heard again', () => {
    const set = setUp();
    set.announce({ worker: 'a' });
    set.announce({ worker: 'b' });
    set.announce({ worker: 'a' });
    expect(set.names()).toEqual(['a', 'b']);
    expect(set.events).toEqual(['worker.joined a', 'worker.joined b', 'worker.heard a']);
  });

  it('leaves out whom this gateway may not use', () => {
    const set = setUp(({ fingerprint }) => fingerprint === 'mine');
    set.announce({ worker: 'a', fingerprint: 'mine' });
    set.announce({ worker: 'b', fingerprint: 'foreign' });
    expect(set.names()).toEqual(['a']);
  });

  it('takes a worker for gone that is silent for long, and back when it speaks again', () => {
    const set = setUp();
    set.announce({ worker: 'silent' });
    live(set, 'alive', 12);
    expect(set.names()).toEqual(['silent', 'alive']);
    live(set, 'alive', 10);
    expect(set.names()).toEqual(['alive']);
    expect(set.events).toContain('worker.lost silent');
    set.announce({ worker: 'silent' });
    expect(set.events.at(-1)).toBe('worker.joined silent');
  });

  it.each([
    ['is known to have ended', (set: ReturnType<typeof setUp>) => set.directory.remove('a')],
    ['drains', (set: ReturnType<typeof setUp>) => set.announce({ worker: 'a', state: 'draining' })],
  ])('lets a worker go that %s, for good: late messages do not bring it back', (_what, leave) => {
    const set = setUp();
    set.announce({ worker: 'a' });
    leave(set);
    set.announce({ worker: 'a' });
    set.directory.remove('a');
    expect(set.names()).toEqual([]);
    expect(set.events).toEqual(['worker.joined a', 'worker.lost a']);
  });

  it('never lists who is draining when it is first heard of', () => {
    const set = setUp();
    set.announce({ worker: 'a', state: 'draining' });
    expect(set.events).toEqual([]);
  });

  it('tells nothing to who has stopped listening, and leaves nothing running when it is closed', () => {
    const set = setUp();
    set.stop();
    set.announce({ worker: 'a' });
    expect(set.events).toEqual([]);
    set.directory.close();
    set.announce({ worker: 'b' });
    expect(set.names()).toEqual(['a']);
    expect(set.scheduler.run({ limitMs: 1_000_000 })).toBe(true);
  });
});
