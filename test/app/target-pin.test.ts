import { describe, expect, it } from 'vitest';
import { TargetPin } from '../../src/app/target-pin.js';
import type { DirectoryEvent } from '../../src/app/worker-directory.js';
import { silentLogger } from '../../src/core/logger.js';
import type { WorkerAnnounced } from '../../src/core/messages.js';
import { announcement } from '../support/announcement.js';

/** A pin on a directory in which the test says who is there. */
function setUp({ startsTargets = false } = {}) {
  const workers = new Map<string, WorkerAnnounced>();
  const listeners = new Set<(event: DirectoryEvent) => void>();
  const warnings: { readonly message: string; readonly data: Record<string, unknown> }[] = [];
  const pin = new TargetPin({
    directory: {
      list: () => [...workers.values()],
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    logger: {
      ...silentLogger,
      warn: (data, message) => void warnings.push({ message, data: data as Record<string, unknown> }),
    },
    isOwn: ({ owner }) => owner === 'us',
    startsTargets,
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
    expect(set.warnings).toEqual([
      {
        message: expect.stringContaining('is not used'),
        data: { worker: 't2', model: 'sim', fingerprint: 'b', used: 'a' },
      },
    ]);
  });

  it('goes by the most targets that are up, and of as many stays with those in use', () => {
    const set = setUp();
    set.join('odd', 'a');
    set.join('t1', 'b');
    expect(set.names()).toEqual(['odd']);
    set.join('t2', 'b');
    expect(set.names()).toEqual(['t1', 't2']);
    set.lose('t1');
    expect(set.names()).toEqual(['t2']);
    set.lose('t2');
    expect(set.names()).toEqual(['odd']);
  });

  it('says what changed, and once of each target that it is left out', () => {
    const set = setUp();
    set.join('odd', 'a');
    for (const worker of ['t1', 't2', 't3']) set.join(worker, 'b');
    set.lose('t3');
    expect(
      set.warnings.map(({ message, data }) => `${message.slice(0, 17)} ${data.worker ?? data.before}`),
    ).toEqual(['target is not use t1', 'new generations u a', 'target is not use odd']);
  });

  it('prefers what the engine starts, and waits for it to be started again', () => {
    const set = setUp({ startsTargets: true });
    for (const worker of ['t1', 't2']) set.join(worker, 'a');
    expect(set.pin.target).toBeUndefined();
    expect(set.warnings).toEqual([]);
    set.join('own', 'b', { owner: 'us' });
    expect(set.names()).toEqual(['own']);
    expect(set.warnings).toHaveLength(2);
    set.lose('own');
    expect(set.names()).toEqual([]);
    set.join('again', 'b', { owner: 'us' });
    expect(set.names()).toEqual(['again']);
  });

  it('goes on with what the engine started again, also where its weights are others now', () => {
    const set = setUp({ startsTargets: true });
    set.join('own', 'a', { owner: 'us' });
    const generation = set.pin.forGeneration();
    set.lose('own');
    set.join('again', 'b', { owner: 'us' });
    expect(set.names()).toEqual(['again']);
    expect(generation.list()).toEqual([]);
  });

  it('takes what is up elsewhere once no own target is started again', () => {
    const set = setUp({ startsTargets: true });
    set.join('own', 'a', { owner: 'us' });
    set.join('t1', 'b');
    set.lose('own');
    expect(set.names()).toEqual([]);
    set.pin.ownGivenUp();
    expect(set.names()).toEqual(['t1']);
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

  it.each([
    ['an own target that is started again with other weights', { startsTargets: true }, 'us'],
    ['a remote one that comes back with other weights', {}, undefined],
  ])('lets a generation that began while none was up take %s', (_, options, owner) => {
    const set = setUp(options);
    const asked = owner === undefined ? {} : { owner };
    set.join('t1', 'a', asked);
    set.lose('t1');
    const generation = set.pin.forGeneration();
    const heard: string[] = [];
    const stop = generation.listen((event) => heard.push(`${event.type} ${joined(event)}`));
    set.join('t2', 'b', asked);
    set.join('t3', 'a', asked);
    expect(heard).toEqual(['worker.joined t2']);
    expect(generation.list().map(({ worker }) => worker)).toEqual(['t2']);
    set.lose('t2');
    set.join('t4', 'a', asked);
    expect(heard).toEqual(['worker.joined t2', 'worker.lost ']);
    stop();
  });

  it('lets a generation that waits for an own target go on elsewhere when that is given up', () => {
    const set = setUp({ startsTargets: true });
    set.join('own', 'a', { owner: 'us' });
    set.join('t1', 'b');
    set.join('t2', 'b');
    set.lose('own');
    const generation = set.pin.forGeneration();
    const left = set.pin.forGeneration();
    const heard: string[] = [];
    generation.listen((event) => heard.push(joined(event)));
    left.listen((event) => heard.push(`left ${joined(event)}`))();
    set.pin.ownGivenUp();
    expect(heard).toEqual(['t1', 't2']);
    expect(generation.list().map(({ worker }) => worker)).toEqual(['t1', 't2']);
  });

  it('hears nothing more when it is closed', () => {
    const set = setUp();
    set.pin.close();
    set.join('t1', 'a');
    expect(set.pin.target).toBeUndefined();
  });
});
