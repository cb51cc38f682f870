import { describe, expect, it } from 'vitest';
import { AcceptanceBook } from '../../src/core/acceptance-book.js';
import { Measurements } from '../../src/core/measurements.js';
import type { DraftProposed } from '../../src/core/messages.js';

const proposal: DraftProposed = {
  type: 'draft.proposed',
  generation: 'g',
  worker: 'd',
  epoch: 1,
  parentHash: '0123456789abcdef',
  position: 10,
  ids: [1],
  confidences: [9],
  exhausted: false,
  startedAtMs: 1000,
  forwardMs: 2,
};

const fresh = () => new Measurements(new AcceptanceBook());

describe('acceptance', () => {
  it('begins with what earlier generations saw, follows this one, and is told to the next', () => {
    const book = new AcceptanceBook();
    const first = new Measurements(book);
    expect(first.acceptance).toBeCloseTo(0.6);
    for (let i = 0; i < 200; i++) first.decided(true);
    expect(first.acceptance).toBeGreaterThan(0.97);
    const second = new Measurements(book);
    expect(second.acceptance).toBeGreaterThan(0.95);
    for (let i = 0; i < 100; i++) second.decided(false);
    expect(second.acceptance).toBeLessThan(0.2);
  });

  it('counts what it rests upon from where it changed last', () => {
    const measured = fresh();
    for (let i = 0; i < 5000; i++) measured.decided(i % 2 === 0);
    expect(measured.decidedDrafts).toBe(3000);
    for (let i = 0; i < 100; i++) measured.decided(true);
    expect(measured.decidedDrafts).toBeLessThan(300);
  });
});

describe('hops', () => {
  it('are half of what a job takes besides its pass, and never negative', () => {
    const measured = fresh();
    for (let i = 0; i < 100; i++) measured.jobReturned(22, 20);
    expect(measured.hopMs).toBeCloseTo(1, 2);
    for (let i = 0; i < 200; i++) measured.jobReturned(19, 20);
    expect(measured.hopMs).toBeCloseTo(0, 2);
  });

  it('are not thrown off by one that waited for long', () => {
    const measured = fresh();
    for (let i = 0; i < 100; i++) measured.jobReturned(22, 20);
    measured.jobReturned(10_000, 20);
    expect(measured.hopMs).toBeLessThan(1.5);
  });
});

describe('passes', () => {
  it('scale the times that were announced', () => {
    const measured = fresh();
    const times = [
      { tokens: 1, ms: 20 },
      { tokens: 11, ms: 30 },
    ];
    for (let i = 0; i < 200; i++) measured.passTook(50, 6, times);
    expect(measured.targetTimes(times).map(({ ms }) => ms)).toEqual([
      expect.closeTo(40, 1),
      expect.closeTo(60, 1),
    ]);
  });
});

describe('drafts', () => {
  it('take what lies between the starts of two messages that follow each other', () => {
    const measured = fresh();
    expect(measured.draftMs('d', 3)).toBe(3);
    measured.drafted(proposal, false);
    measured.drafted({ ...proposal, position: 11, ids: [1, 2], startedAtMs: 1002.5 }, false);
    expect(measured.draftMs('d', 3)).toBe(2.5);
    measured.drafted({ ...proposal, position: 13, startedAtMs: 1007.5 }, false);
    expect(measured.draftMs('d', 3)).toBe(2.5);
  });

  it('of several drafters do not tell of each other', () => {
    const measured = fresh();
    measured.drafted(proposal, false);
    measured.drafted({ ...proposal, worker: 'e', position: 11, startedAtMs: 1000.1 }, false);
    measured.drafted({ ...proposal, position: 11, startedAtMs: 1002.5 }, false);
    expect([measured.draftMs('d', 3), measured.draftMs('e', 1)]).toEqual([2.5, 1]);
  });

  it('take their passes alone where the drafter waits for the targets in between', () => {
    const measured = fresh();
    const round = { ...proposal, ids: [1, 2, 3, 4, 5], forwardMs: 10 };
    // The rounds are all right, so that the drafter goes on where it was, a target's pass of 20 ms later.
    for (let i = 0; i < 40; i++)
      measured.drafted({ ...round, position: 10 + 5 * i, startedAtMs: 1000 + 30 * i }, true);
    expect(measured.draftMs('d', 3)).toBe(2);
    measured.drafted({ ...proposal, position: 210, startedAtMs: 2200 }, false);
    expect(measured.draftMs('d', 3)).toBe(2);
  });

  it.each([
    ['another epoch', { epoch: 2 }],
    ['another place', { position: 20 }],
    ['a long pause', { startedAtMs: 1100 }],
    ['a rest', { startedAtMs: 1012 }, { rests: true }],
  ])(
    'count by their passes and what was usual between them before %s',
    (_what, changed, last: { rests?: boolean } = {}) => {
      const measured = fresh();
      measured.drafted(proposal, false);
      measured.drafted({ ...proposal, position: 11, startedAtMs: 1002.5, forwardMs: 4, ...last }, false);
      measured.drafted({ ...proposal, position: 12, startedAtMs: 1007, ...changed }, false);
      expect(measured.draftMs('d', 3)).toBe((2.5 + 4.5) / 2);
    },
  );

  it('that were dropped count too, else slow ones would be left out', () => {
    const measured = fresh();
    measured.drafted({ ...proposal, ids: [1, 2] }, false);
    measured.drafted({ ...proposal, position: 12, ids: [1, 2], startedAtMs: 1005 }, false);
    measured.drafted({ ...proposal, epoch: 2, dropped: { drafts: 4, forwardMs: 20 } }, false);
    // Two drafts of 1 ms with 1.5 ms between them, two with the same for want of another, four of 5 ms.
    expect(measured.draftMs('d', 3)).toBeCloseTo((2 * 2.5 + 2 * 2.5 + 4 * 6.5) / 8, 6);
  });

  it("that were dropped in between are not told to have been the others' time", () => {
    const measured = fresh();
    let startedAtMs = 1000;
    for (let position = 10; position < 50; position++) {
      const dropped = position % 2 === 1 ? { dropped: { drafts: 1, forwardMs: 2 } } : {};
      startedAtMs += position % 2 === 1 ? 5 : 2.5;
      measured.drafted({ ...proposal, position, startedAtMs, ...dropped }, false);
    }
    expect(measured.draftMs('d', 3)).toBeCloseTo(2.5, 1);
  });

  it('before rounds are not told to have taken until the rounds', () => {
    const measured = fresh();
    measured.drafted(proposal, false);
    measured.drafted(
      { ...proposal, position: 11, startedAtMs: 1006, dropped: { drafts: 1, forwardMs: 5 } },
      true,
    );
    expect(measured.draftMs('d', 3)).toBeCloseTo((2 + 5 + 2) / 3, 6);
  });
});

describe('how much passes vary', () => {
  const times = [{ tokens: 1, ms: 20 }];

  it('is 0 until enough have been seen, and stays known when their level changes', () => {
    const measured = fresh();
    let passes = 0;
    const pass = (ms: number) => measured.passTook(passes++ % 2 === 0 ? 0.8 * ms : 1.2 * ms, 1, times);
    for (let i = 0; i < 20; i++) pass(20);
    expect(measured.jitter).toBe(0);
    for (let i = 0; i < 200; i++) pass(20);
    expect(measured.passes).toBe(230);
    expect(measured.jitter).toBeGreaterThan(0.2);
    while (measured.passes > 40) pass(60);
    expect(measured.jitter).toBeGreaterThan(0.2);
  });
});
