import { describe, expect, it } from 'vitest';
import { createDrafterBench, createVerifierBench } from '../../support/worker-bench.js';

describe.each([
  ['target', createVerifierBench],
  ['drafter', createDrafterBench],
] as const)('a %s whose slots are taken', (_role, createBench) => {
  function start() {
    const bench = createBench({ slots: 1 });
    bench.load();
    bench.openSession('a');
    bench.run();
    return {
      ...bench,
      open: (generation: string, capacityTokens = 60) => {
        const answer = bench.openSession(generation, { capacityTokens });
        return answer?.type === 'session.refused' ? answer.code : answer?.type;
      },
      close: (generation: string) => bench.send({ type: 'session.close', generation }),
    };
  }

  it('keeps the next for who was refused first, and says when it is free', () => {
    const { open, close, freed } = start();
    expect([open('b'), open('c'), open('b')]).toEqual(['full', 'full', 'full']);
    expect(freed.length).toBe(0);
    close('a');
    expect(freed.length).toBe(1);
    expect([open('d'), open('c'), open('b')]).toEqual(['full', 'full', 'session.granted']);
    close('c');
    expect(freed.length).toBe(1);
    close('b');
    expect(freed.length).toBe(2);
    expect(open('d')).toBe('session.granted');
    close('d');
    close('b');
    expect(freed.length).toBe(2);
  });

  it('says so too when the one that it is kept for goes', () => {
    const { open, close, freed } = start();
    open('b');
    open('c');
    close('a');
    close('b');
    expect(freed.length).toBe(2);
    // Said once more, and nothing new.
    close('b');
    expect(freed.length).toBe(2);
    expect(open('c')).toBe('session.granted');
  });

  it('has nobody wait for what it will not get, nor for who could not be served', () => {
    const { open, close, freed, faults } = start();
    expect(open('b', 1000)).toBe('capacity');
    open('c');
    close('a');
    faults.nextOpening = new Error('out of memory');
    expect([open('c'), open('d')]).toEqual(['failed', 'session.granted']);
    close('d');
    expect(freed.length).toBe(1);
  });
});
