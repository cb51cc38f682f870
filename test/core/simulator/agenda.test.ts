import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Agenda } from '../../../src/core/simulator/agenda.js';

/** Everything comes up at its time, and of one instant in the order in which it was entered, however it was entered. */

const entry = fc.oneof(
  fc.record({ kind: fc.constant('post' as const) }),
  fc.record({ kind: fc.constant('soon' as const) }),
  fc.record({ kind: fc.constant('at' as const), afterMs: fc.nat(6), says: fc.boolean() }),
);
/** What is entered at the start, and when each of the next entries comes up. */
const entries = fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 40 });

it('brings up what was entered by time, then order', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 3), entries, (mailMs, batches) => {
      const agenda = new Agenda<string>(mailMs, 10);
      const waiting: { atMs: number; id: number; message: string | undefined }[] = [];
      let id = 0;
      const enter = (batch: (typeof batches)[number]) => {
        for (const one of batch) {
          id++;
          const { nowMs } = agenda;
          if (one.kind === 'post') {
            agenda.post(`${id}`);
            waiting.push({ atMs: nowMs + mailMs, id, message: `${id}` });
          } else if (one.kind === 'soon') {
            agenda.soon(id);
            waiting.push({ atMs: nowMs, id, message: undefined });
          } else {
            const message = one.says ? `${id}` : undefined;
            agenda.at(nowMs + one.afterMs, id, message);
            waiting.push({ atMs: nowMs + one.afterMs, id, message });
          }
        }
        waiting.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
      };
      enter(batches[0] ?? []);
      for (let turn = 1; waiting.length > 0; turn++) {
        const due = waiting.shift();
        expect(agenda.next()).toBe(true);
        expect([agenda.nowMs, agenda.message]).toEqual([due?.atMs, due?.message]);
        if (due?.message === undefined) expect(agenda.wake).toBe(due?.id);
        expect(agenda.isQuiet).toBe((waiting[0]?.atMs ?? Number.POSITIVE_INFINITY) > agenda.nowMs);
        enter(batches[turn] ?? []);
      }
      expect(agenda.next()).toBe(false);
    }),
  );
});
