import { describe, expect, it } from 'vitest';
import { ClosedSessions } from '../../../actors/rollback-controller/closed-sessions.js';
import {
  acceptAnswer,
  closeSession,
  createSessionLink,
  openable,
  requestSession,
  type SessionLink,
  slotFreed,
} from '../../../actors/rollback-controller/session-links.js';
import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import type { RequestOutcome } from '../../../src/core/bus.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { WireMessage, WorkerAnnounced } from '../../../src/core/messages.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { announcement } from '../../support/announcement.js';
import { sessionOpen } from '../../support/worker-bench.js';

type Link = SessionLink & { readonly role: WorkerAnnounced['role'] };

function link(worker: string, role: WorkerAnnounced['role'], host: string): Link {
  return { ...createSessionLink(announcement({ worker, role, host })), role };
}

const names = (links: readonly Link[]) => links.map(({ announced }) => announced.worker);
const granted = (ready: boolean): RequestOutcome => ({
  kind: 'reply',
  message: { type: 'session.granted', generation: 'a', worker: 'w', ready },
});
const refused = (code: 'full' | 'failed' | 'capacity'): RequestOutcome => ({
  kind: 'reply',
  message: { type: 'session.refused', generation: 'a', worker: 'w', code, reason: 'so it is' },
});

describe('openable', () => {
  it('asks all at once on separate hosts', () => {
    const links = [link('t1', 'target', 'x'), link('t2', 'target', 'y'), link('d', 'drafter', 'z')];
    expect(names(openable(links, 0))).toEqual(['t1', 't2', 'd']);
  });

  it('asks one after another on a shared host: a target, the drafters, the other targets', () => {
    const links = [link('t1', 'target', 'x'), link('t2', 'target', 'x'), link('d', 'drafter', 'x')];
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const [next] = openable(links, 0);
      order.push(next?.announced.worker ?? '');
      if (next !== undefined) next.phase = 'ready';
    }
    expect(order).toEqual(['t1', 'd', 't2']);
    expect(openable(links, 0)).toEqual([]);
  });

  it('waits for who is ingesting the prompt, asks the unwilling last and the refused never', () => {
    const [first, second] = [link('t1', 'target', 'x'), link('t2', 'target', 'x')];
    acceptAnswer(first, granted(false), 0);
    first.nextOpenAtMs = 100;
    expect(openable([first, second], 50)).toEqual([]);
    acceptAnswer(first, { kind: 'timeout' }, 0);
    expect(names(openable([first, second], 200))).toEqual(['t2']);
    second.phase = 'refused';
    expect(names(openable([first, second], 200))).toEqual(['t1']);
  });
});

describe('acceptAnswer', () => {
  it('tells whether the session has just become ready', () => {
    const one = link('t', 'target', 'x');
    expect(acceptAnswer(one, granted(false), 7)).toBe(false);
    expect([one.phase, one.heardAtMs]).toEqual(['preparing', 7]);
    expect(acceptAnswer(one, granted(true), 8)).toBe(true);
    expect(acceptAnswer(one, granted(true), 9)).toBe(false);
  });

  it.each([
    ['full', refused('full'), 'full'],
    ['failed', refused('failed'), 'failed'],
    ['silent', { kind: 'timeout' }, 'unanswered'],
    ['gone', { kind: 'noResponders' }, 'unanswered'],
  ] as const)('of a worker that is %s', (_what, outcome, unwilling) => {
    const one = link('t', 'target', 'x');
    expect(acceptAnswer(one, outcome, 7)).toBe(false);
    expect(one).toMatchObject({ phase: 'waiting', unwilling });
    acceptAnswer(one, granted(false), 8);
    expect(one.unwilling).toBe(false);
  });

  it('of a worker that refuses for good', () => {
    const one = link('t', 'target', 'x');
    expect(acceptAnswer(one, refused('capacity'), 7)).toBe(false);
    expect(one.phase).toBe('refused');
  });

  it('takes nothing back from a session that has become ready meanwhile', () => {
    const one = link('t', 'target', 'x');
    acceptAnswer(one, granted(true), 1);
    acceptAnswer(one, { kind: 'timeout' }, 2);
    acceptAnswer(one, granted(false), 3);
    expect(one.phase).toBe('ready');
  });
});

describe('slotFreed', () => {
  it('has those ask at once that were refused for want of a slot, and nobody else', () => {
    const [full, failed, granting] = [
      link('t1', 'target', 'x'),
      link('t2', 'target', 'y'),
      link('t3', 'target', 'z'),
    ];
    acceptAnswer(full, refused('full'), 5000);
    failed.nextOpenAtMs = 6000;
    acceptAnswer(failed, refused('failed'), 5000);
    acceptAnswer(granting, granted(false), 5000);
    expect([full, failed, granting].map(slotFreed)).toEqual([true, false, false]);
    expect(slotFreed(full)).toBe(false);
    expect(names(openable([full, failed], 5001))).toEqual(['t1']);
  });
});

describe('requestSession', () => {
  function createBench() {
    const scheduler = new VirtualScheduler();
    const network = new MemoryNetwork({ scheduler });
    const subjects = createSubjects();
    const common = { bus: network.connect('gateway'), subjects, scheduler, logger: silentLogger };
    const ports = { ...common, closedSessions: new ClosedSessions(common, 1000) };
    const seen: WireMessage[] = [];
    network.connect('t').subscribe(subjects.workerSession('t'), ({ message }) => seen.push(message));
    return { scheduler, ports, seen, one: link('t', 'target', 'x') };
  }

  it('asks ever more rarely, and closing tells only who was asked', () => {
    const { scheduler, ports, seen, one } = createBench();
    closeSession(one, 'a', ports.closedSessions);
    const waits: number[] = [];
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      requestSession(one, sessionOpen('a'), ports, (_worker, outcome) => outcomes.push(outcome.kind));
      waits.push(one.nextOpenAtMs - scheduler.now());
      scheduler.run();
      acceptAnswer(one, { kind: 'timeout' }, scheduler.now());
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
    expect(outcomes).toEqual(Array(6).fill('timeout'));
    closeSession(one, 'a', ports.closedSessions);
    scheduler.run();
    expect(seen.map(({ type }) => type)).toEqual([...Array(6).fill('session.open'), 'session.close']);
  });

  it('asks a worker that is full every second, however often it was asked', () => {
    const { scheduler, ports, one } = createBench();
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      requestSession(one, sessionOpen('a'), ports, () => {});
      acceptAnswer(one, refused('full'), scheduler.now());
      waits.push(one.nextOpenAtMs - scheduler.now());
    }
    expect(waits).toEqual(Array(6).fill(1000));
    requestSession(one, sessionOpen('a'), ports, () => {});
    expect(one.nextOpenAtMs - scheduler.now()).toBe(1000);
  });
});
