import { describe, expect, it } from 'vitest';
import { whenOrphaned } from '../../../infra/worker-process/when-orphaned.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';

describe('a worker whose parent has closed the link', () => {
  it('stays until it has another parent', () => {
    const { parent, goneAt, scheduler } = watched();
    scheduler.run({ until: () => scheduler.now() >= 1000 });
    expect(goneAt).toEqual([]);
    parent.id = 1;
    scheduler.run();
    expect(goneAt).toEqual([1005]);
  });

  it('goes after 2 s though its parent lives on', () => {
    const { goneAt, scheduler } = watched();
    scheduler.run();
    expect(goneAt).toEqual([2000]);
  });

  it('goes at once when it has another parent already', () => {
    const { goneAt } = watched(1);
    expect(goneAt).toEqual([0]);
  });
});

function watched(parentNow = 7) {
  const scheduler = new VirtualScheduler();
  const parent = { id: parentNow };
  const goneAt: number[] = [];
  const startMs = scheduler.now();
  whenOrphaned(
    7,
    () => parent.id,
    scheduler,
    () => goneAt.push(scheduler.now() - startMs),
  );
  return { parent, goneAt, scheduler };
}
