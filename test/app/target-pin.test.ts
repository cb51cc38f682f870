import { describe, expect, it } from 'vitest';
import { TargetPin } from '../../src/app/target-pin.js';
import type { DirectoryEvent } from '../../src/app/worker-directory.js';
import { silentLogger } from '../../src/core/logger.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { announcement } from '../support/announcement.js';

/** A pin on a directory in which the test says who is there. */
function setUp() {
  const workers = new Map<string, WorkerAnnounced>();
  const listeners = new Set<(event: DirectoryEvent) => void>();
  const warnings: string[] = [];
  const pin = new TargetPin({
    directory: {
      list: () => [...workers.values()],
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    logger: { ...silentLogger, warn: (_data, message) => void warnings.push(message) },
    isOwn: ({ owner }) => owner === 'us',
  });
  const tell = (event: DirectoryEvent) => {
    for (const listener of [...listeners]) listener(event);
  };
  return {
    pin,
    warnings,
    join: (worker: string, fingerprint: string, asked: Partial<WorkerAnnounced> = {}) => {
      const announced = announcement({ worker, fingerprint, ...asked });
      workers.set(worker, announced);
      tell({ type: 'worker.joined', announced });
    },
    lose: (worker: string) => {
      workers.delete(worker);
      tell({ type: 'worker.lost', worker });
    },
    names: () => pin.list().map(({ worker }) => worker),
  };
}

const joined = (event: DirectoryEvent) => (event.type === 'worker.joined' ? event.announced.worker : '');

describe('TargetPin', () => {
  it('uses targets of one fingerprint, and drafters of any', () => {
    const set = setUp();
    set.join('t1', 'a');
    set.join('t2', 'b');
    set.join('d1', 'c', { role: 'drafter' });
    set.join('t3', 'a');
    expect(set.names()).toEqual(['t1', 'd1', 't3']);
    expect(set.pin.target?.worker).toBe('t3');
    expect(set.warnings).toEqual([expect.stringContaining('is not used')]);
  });

  it('goes on with the fingerprint that is in use while any of its targets is up, then with the most common one', () => {
    const set = setUp();
    set.join('t1', 'a');
    for (const [worker, fingerprint] of ['b', 'c', 'c'].entries()) set.join(`o${worker}`, fingerprint);
    expect(set.names()).toEqual(['t1']);
    set.lose('t1');
    expect(set.names()).toEqual(['o1', 'o2']);
    set.join('t2', 'a');
    expect(set.names()).toEqual(['o1', 'o2']);
    expect(set.warnings.at(-2)).toContain('new generations use');
  });

  it('prefers what the engine started, and waits for it to be started again', () => {
    const set = setUp();
    set.join('t1', 'a');
    set.join('own', 'b', { owner: 'us' });
    expect(set.names()).toEqual(['own']);
    set.lose('own');
    expect(set.names()).toEqual([]);
    set.join('again', 'b', { owner: 'us' });
    expect(set.names()).toEqual(['again']);
  });

  it('gives a generation no other targets than those it began with', () => {
    const set = setUp();
    set.join('t1', 'a');
    const generation = set.pin.forGeneration();
    const heard: string[] = [];
    const stop = generation.listen((event) => heard.push(`${event.type} ${joined(event)}`));
    set.join('t2', 'b');
    set.lose('t1');
    expect(generation.list()).toEqual([]);
    expect(set.names()).toEqual(['t2']);
    set.join('t3', 'a');
    expect(generation.list().map(({ worker }) => worker)).toEqual(['t3']);
    expect(heard).toEqual(['worker.lost ', 'worker.joined t3']);
    stop();
  });

  it('lets a generation that found none begin with the first that comes', () => {
    const set = setUp();
    const generation = set.pin.forGeneration();
    const heard: string[] = [];
    generation.listen((event) => heard.push(joined(event)));
    set.join('t1', 'a');
    set.join('t2', 'b');
    expect(heard).toEqual(['t1']);
    expect(generation.list().map(({ worker }) => worker)).toEqual(['t1']);
  });

  it('hears nothing more when it is closed', () => {
    const set = setUp();
    set.pin.close();
    set.join('t1', 'a');
    expect(set.pin.target).toBeUndefined();
  });
});
