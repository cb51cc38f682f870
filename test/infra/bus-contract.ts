import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus, BusStatus, Delivery, RequestOutcome } from '../../src/core/bus.js';
import type { MessageOf, WireMessage } from '../../src/core/messages.js';
import { createSubjects } from '../../src/core/subjects.js';

/** Two clients of one bus, and a way to let time pass. */
export interface BusRig {
  readonly speaker: Bus;
  readonly listener: Bus;
  /** Lets things happen until `condition` holds; rejects after a bound. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

const subjects = createSubjects();
const tokens = subjects.generationTokens('g1');
const session = subjects.workerSession('w1');

export function committed(seq: number): MessageOf<'token.committed'> {
  return {
    type: 'token.committed',
    generation: 'g1',
    seq,
    position: 10 + seq,
    token: 40_000,
    drafted: true,
  };
}
const open: WireMessage = { type: 'session.renewed', generation: 'g1' };
const granted: WireMessage = { type: 'session.granted', generation: 'g1', worker: 'w1', ready: true };

/** What a server sees on one connection, it sees in order: a client that hears itself has subscribed before. */
export async function subscribed(bus: Bus, rig: Pick<BusRig, 'until'>): Promise<void> {
  for (const probe of [subjects.generationTokens('probe'), subjects.workerStatus('probe')]) {
    let heard = false;
    const cancel = bus.subscribe(probe, () => {
      heard = true;
    });
    bus.publish(probe, open);
    await rig.until(() => heard);
    cancel();
  }
}

/** What every bus must do, whatever carries it. */
export function describeBus(name: string, createRig: () => Promise<BusRig>): void {
  describe(`bus contract: ${name}`, () => {
    let rig: BusRig;
    beforeEach(async () => {
      rig = await createRig();
    });
    afterEach(() => rig.close());

    async function listen(subject: string, handler?: (delivery: Delivery) => void): Promise<WireMessage[]> {
      const heard: WireMessage[] = [];
      rig.listener.subscribe(subject, (delivery) => {
        heard.push(delivery.message);
        handler?.(delivery);
      });
      await subscribed(rig.listener, rig);
      return heard;
    }

    async function ask(subject: string, timeoutMs: number): Promise<RequestOutcome> {
      const outcomes: RequestOutcome[] = [];
      rig.speaker.request(subject, open, timeoutMs, (outcome) => outcomes.push(outcome));
      expect(outcomes).toHaveLength(0);
      await rig.until(() => outcomes.length > 0);
      return outcomes[0] as RequestOutcome;
    }

    it('delivers what was published, equal and in order, and nothing synchronously', async () => {
      const heard = await listen(tokens);
      for (let seq = 0; seq < 50; seq++) rig.speaker.publish(tokens, committed(seq));
      expect(heard).toHaveLength(0);
      await rig.until(() => heard.length >= 50);
      expect(heard).toEqual(Array.from({ length: 50 }, (_, seq) => committed(seq)));
    });

    it('delivers to every subscriber, the publisher itself included', async () => {
      const first = await listen(tokens);
      const second = await listen(tokens);
      let own = 0;
      rig.speaker.subscribe(tokens, () => own++);
      await subscribed(rig.speaker, rig);
      rig.speaker.publish(tokens, committed(0));
      await rig.until(() => first.length + second.length + own >= 3);
      expect([first.length, second.length, own]).toEqual([1, 1, 1]);
    });

    it('takes * for exactly one last word', async () => {
      const heard: string[] = [];
      await listen(subjects.everyWorkerStatus, (delivery) => {
        if (!delivery.subject.endsWith('probe')) heard.push(delivery.subject);
      });
      rig.speaker.publish(`${subjects.workerStatus('w1')}.more`, open);
      rig.speaker.publish(subjects.workerSession('w1'), open);
      rig.speaker.publish(subjects.workerStatus('w2'), open);
      await rig.until(() => heard.length > 0);
      expect(heard).toEqual([subjects.workerStatus('w2')]);
    });

    it('delivers nothing to a subscription that was cancelled', async () => {
      const heard = await listen(tokens);
      let cancelled = 0;
      const cancel = rig.listener.subscribe(tokens, () => cancelled++);
      await subscribed(rig.listener, rig);
      cancel();
      cancel();
      rig.speaker.publish(tokens, committed(0));
      await rig.until(() => heard.length > 0);
      expect(cancelled).toBe(0);
    });

    it('loses one message, and nothing else, when a handler throws', async () => {
      const heard = await listen(tokens, (delivery) => {
        if ((delivery.message as MessageOf<'token.committed'>).seq === 0) throw new Error('on purpose');
      });
      const other = await listen(tokens);
      for (let seq = 0; seq < 3; seq++) rig.speaker.publish(tokens, committed(seq));
      await rig.until(() => heard.length >= 3 && other.length >= 3);
      expect(other).toHaveLength(3);
    });

    it('rejects and counts a message that does not match its schema', async () => {
      const heard = await listen(tokens);
      rig.speaker.publish(tokens, { ...committed(0), seq: -1 });
      rig.speaker.publish(tokens, { type: 'no.such' } as unknown as WireMessage);
      rig.speaker.publish(tokens, committed(1));
      await rig.until(() => heard.length > 0);
      expect(heard).toEqual([committed(1)]);
      expect(rig.listener.rejectedMessages).toBe(2);
    });

    it('carries an answer to whoever asked', async () => {
      await listen(session, (delivery) => delivery.respond(granted));
      expect(await ask(session, 2000)).toEqual({ kind: 'reply', message: granted });
    });

    it('gives one outcome however many answers there are', async () => {
      await listen(session, (delivery) => {
        delivery.respond(granted);
        delivery.respond(granted);
      });
      const heard = await listen(tokens);
      let outcomes = 0;
      rig.speaker.request(session, open, 2000, () => outcomes++);
      await rig.until(() => outcomes > 0);
      rig.speaker.publish(tokens, committed(0));
      await rig.until(() => heard.length > 0);
      expect(outcomes).toBe(1);
    });

    it('says when nobody subscribes to what was asked', async () => {
      expect(await ask(subjects.workerSession('nobody'), 2000)).toEqual({ kind: 'noResponders' });
    });

    it('says when no answer came in time', async () => {
      await listen(session);
      expect(await ask(session, 30)).toEqual({ kind: 'timeout' });
    });

    it('takes an answer outside the schema for none', async () => {
      await listen(session, (delivery) => delivery.respond({ ...granted, worker: '' } as WireMessage));
      expect(await ask(session, 60)).toEqual({ kind: 'timeout' });
    });

    it('gives no outcome to a request that was cancelled', async () => {
      await listen(session, (delivery) => delivery.respond(granted));
      let cancelled = 0;
      const cancel = rig.speaker.request(session, open, 2000, () => cancelled++);
      cancel();
      cancel();
      await ask(session, 2000);
      expect(cancelled).toBe(0);
    });

    it('ignores an answer to what was only published', async () => {
      const heard = await listen(tokens, (delivery) => delivery.respond(granted));
      rig.speaker.publish(tokens, committed(0));
      rig.speaker.publish(tokens, committed(1));
      await rig.until(() => heard.length >= 2);
    });

    it('calls back after a flush', async () => {
      let done = false;
      rig.speaker.publish(tokens, committed(0));
      rig.speaker.flush(() => {
        done = true;
      });
      expect(done).toBe(false);
      await rig.until(() => done);
    });

    it('is silent after it was closed, and may be closed twice', async () => {
      const heard = await listen(tokens);
      const statuses: BusStatus[] = [];
      rig.listener.onStatus((status) => statuses.push(status));
      expect(rig.listener.status).toBe('connected');
      await rig.listener.close();
      expect(rig.listener.status).toBe('closed');
      await rig.listener.close();
      await rig.until(() => statuses.length > 0);
      expect(statuses).toEqual(['closed']);
      let own = 0;
      rig.speaker.subscribe(tokens, () => own++);
      await subscribed(rig.speaker, rig);
      rig.speaker.publish(tokens, committed(0));
      rig.listener.publish(tokens, committed(1));
      await rig.until(() => own > 0);
      expect(heard).toHaveLength(0);
      expect(own).toBe(1);
    });
  });
}
