import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';

describe('VirtualScheduler', () => {
  it('runs tasks in the order of their times, and those of one instant in the order they were scheduled', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
        const scheduler = new VirtualScheduler();
        const ran: [number, number][] = [];
        delays.forEach((delay, index) => {
          scheduler.schedule(delay, () => ran.push([scheduler.now(), index]));
        });
        scheduler.run();
        const expected = delays.map((delay, index): [number, number] => [delay, index]);
        expect(ran).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
    );
  });

  it('never runs a task synchronously, nor one that was cancelled', () => {
    const scheduler = new VirtualScheduler();
    const ran: string[] = [];
    const cancel = scheduler.schedule(1, () => ran.push('cancelled'));
    scheduler.schedule(0, () => {
      cancel();
      scheduler.schedule(0, () => ran.push('later'));
      ran.push('first');
    });
    expect(ran).toEqual([]);
    scheduler.run();
    cancel();
    expect(ran).toEqual(['first', 'later']);
  });

  it('takes a negative delay for none', () => {
    const scheduler = new VirtualScheduler();
    scheduler.schedule(5, () => scheduler.schedule(-3, () => expect(scheduler.now()).toBe(5)));
    expect(scheduler.run()).toBe(true);
  });

  it('stops at a condition, or at a limit with what lies beyond it untouched', () => {
    const scheduler = new VirtualScheduler();
    let ticks = 0;
    const tick = () => {
      ticks++;
      scheduler.schedule(10, tick);
    };
    tick();
    expect(scheduler.run({ until: () => ticks === 4 })).toBe(true);
    expect([ticks, scheduler.now()]).toEqual([4, 30]);
    expect(scheduler.run({ limitMs: 55 })).toBe(false);
    expect([ticks, scheduler.now()]).toEqual([6, 50]);
    expect(scheduler.run({ limitMs: 60 })).toBe(false);
    expect(ticks).toBe(7);
  });
});
