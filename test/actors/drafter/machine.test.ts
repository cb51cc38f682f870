import { describe, expect, it } from 'vitest';
import { drafterMachine } from '../../../actors/drafter/machine.js';
import type { DraftStart } from '../../../src/core/messages.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { descendants } from '../../support/state-charts.js';
import { createDrafterBench, PROMPT, pathOf, textAfter } from '../../support/worker-bench.js';

const right = textAfter(PROMPT, 40);

/** Draft on after the prompt and `tokens`. */
function start(generation: string, tokens: readonly number[], asked: Partial<DraftStart> = {}): DraftStart {
  const from = asked.from ?? PROMPT.length;
  const whole = [...PROMPT, ...tokens];
  return {
    type: 'draft.start',
    generation,
    epoch: 1,
    pathHash: pathOf(generation, whole).hashAt(from) ?? '',
    tokens: whole.slice(from),
    limit: PROMPT.length + 6,
    batch: 1,
    flushMs: 1000,
    ...asked,
    from,
  };
}

function ready(options: Parameters<typeof createDrafterBench>[0] = {}, generations = ['a']) {
  const bench = createDrafterBench({ ms: 2, ...options });
  bench.load();
  for (const generation of generations) bench.openSession(generation);
  bench.run();
  bench.passes.length = 0;
  bench.said.length = 0;
  return {
    ...bench,
    drafts: (generation = 'a') =>
      bench.saidOf('draft.proposed').filter((message) => message.generation === generation),
    ids: () => bench.saidOf('draft.proposed').flatMap(({ ids }) => ids),
  };
}

describe('drafts', () => {
  it('come one after another up to the limit, each named by its path, without waiting for anybody', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    const path = pathOf('a', [...PROMPT, ...right]);
    expect(bench.drafts()).toMatchObject(
      [3, 4, 5, 6, 7, 8].map((position) => ({
        position,
        parentHash: path.hashAt(position),
        ids: [right[position - 3]],
        epoch: 1,
        exhausted: false,
      })),
    );
    expect(bench.inState('throttled')).toBe(true);
  });

  it('come in batches, and what is left over at the limit', () => {
    const bench = ready();
    bench.send(start('a', [], { batch: 4 }));
    bench.run();
    expect(bench.drafts().map(({ ids }) => ids)).toEqual([right.slice(0, 4), right.slice(4, 6)]);
  });

  it('do not wait longer for their batch than they may', () => {
    const bench = ready();
    bench.send(start('a', [], { batch: 6, flushMs: 4 }));
    bench.run();
    expect(bench.drafts().map(({ ids }) => ids.length)).toEqual([2, 2, 2]);
  });

  it('go on when the limit moves, and never back', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 1, limit: 5 });
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 0, limit: 30 });
    bench.run();
    expect(bench.ids().length).toBe(6);
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 1, limit: 11 });
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 8));
  });

  it('end with an end token, which the message says', () => {
    const bench = createDrafterBench();
    bench.load();
    const sampler = { ...neutralSampler, promptLength: PROMPT.length, endTokenIds: right.slice(2, 3) };
    bench.openSession('a', { sampler });
    bench.send(start('a', []));
    bench.run();
    const said = bench.saidOf('draft.proposed');
    expect(said.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 3));
    expect(said.map(({ exhausted }) => exhausted)).toEqual([false, false, true]);
    expect(bench.inState('idle')).toBe(true);
  });
});

describe('a rewind', () => {
  it('keeps what the old and the new path share, and drafts on from there', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    bench.passes.length = 0;
    const other = [...right.slice(0, 2), ((right[2] as number) + 1) % 100];
    bench.send(start('a', other, { epoch: 2, from: 5, limit: 8 }));
    bench.run();
    expect(bench.drafts().at(-1)).toMatchObject({ epoch: 2, position: 7 });
    expect(bench.passes[0]?.tokens).toEqual(other.slice(2));
    expect(bench.ids().slice(6)).toEqual(textAfter([...PROMPT, ...other], 2));
  });

  it('in the middle of a pass throws its result away', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.runFor(3);
    bench.said.length = 0;
    bench.send(start('a', [9], { epoch: 2 }));
    bench.run();
    expect(bench.drafts().every(({ epoch }) => epoch === 2)).toBe(true);
    expect(bench.ids()).toEqual(textAfter([...PROMPT, 9], 5));
  });

  it('is taken up once, however often it is said, and not when it is old', () => {
    const bench = ready();
    bench.send(start('a', [], { epoch: 2 }));
    bench.run();
    bench.send(start('a', [], { epoch: 2 }));
    bench.send(start('a', [9], { epoch: 1 }));
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 6));
  });

  it('keeps a limit that arrives before it is taken up', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.runFor(3);
    bench.send(start('a', [9], { epoch: 2, limit: 6 }));
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 2, limit: 9 });
    bench.run();
    expect(bench.drafts().filter(({ epoch }) => epoch === 2).length).toBe(5);
  });

  it.each([
    ['a path that is not held, of whatever length', { from: 5, pathHash: '0123456789abcdef' }],
    ['a path longer than what is held', { from: 20 }],
    ['a place inside the prompt', { from: 1 }],
    ['foreign tokens', { tokens: [100_000] }],
  ])('to %s is answered resync, and a whole path is taken up then', (_what, asked) => {
    const bench = ready();
    bench.send(start('a', right.slice(0, 4), asked));
    bench.run();
    expect(bench.said).toMatchObject([{ type: 'draft.rejected', outcome: 'resync' }]);
    bench.send(start('a', right.slice(0, 4), { epoch: 2 }));
    bench.run();
    expect(bench.ids()).toEqual(right.slice(4, 6));
  });

  it('without a session is answered so', () => {
    const bench = ready();
    bench.send(start('b', []));
    bench.send({ type: 'draft.limit', generation: 'b', epoch: 1, limit: 9 });
    bench.run();
    expect(bench.said).toMatchObject([
      { type: 'draft.rejected', generation: 'b', outcome: 'unknownSession' },
      { type: 'draft.rejected', generation: 'b', outcome: 'unknownSession' },
    ]);
  });
});

describe('several sessions', () => {
  it('are drafted for in turn: whoever lacks most goes first', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(start('a', [], { limit: 9 }));
    bench.send(start('b', [], { limit: 7 }));
    bench.run();
    expect(bench.passes.map(({ generation }) => generation).join('')).toBe('aaabababab');
  });

  it('do not keep a new prompt out for ever', () => {
    const bench = ready();
    bench.send(start('a', [], { limit: 60 }));
    bench.openSession('b');
    let limit = 60;
    // A limit that always stays far away, as where targets are fast.
    const follow = () => {
      if (bench.saidOf('session.ready').length > 0 || limit > 5000) return;
      bench.send({ type: 'draft.limit', generation: 'a', epoch: 1, limit: ++limit });
      bench.scheduler.schedule(2, follow);
    };
    follow();
    bench.scheduler.run({ until: () => bench.saidOf('session.ready').length > 0, limitMs: 2_000 });
    expect(bench.saidOf('session.ready')).toMatchObject([{ generation: 'b' }]);
    expect(bench.scheduler.now()).toBeLessThan(1_000);
  });
});

describe('failures and ends', () => {
  it('a pass that fails ends its session and says why', () => {
    const bench = ready();
    bench.faults.nextPass = new Error('out of memory');
    bench.send(start('a', []));
    bench.run();
    expect(bench.said).toMatchObject([
      { type: 'draft.rejected', outcome: 'failed', reason: 'out of memory' },
    ]);
    expect(bench.open.sequences).toBe(0);
    expect(bench.inState('idle')).toBe(true);
  });

  it('a session that is closed or lapses is drafted for no more', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(start('a', [], { limit: 30 }));
    bench.runFor(5);
    bench.send({ type: 'session.close', generation: 'a' });
    bench.run();
    expect(bench.passes.length).toBeLessThan(5);
    expect(bench.open.sequences).toBe(1);
    bench.scheduler.schedule(11_000, () => bench.send({ type: 'lease.checked' }));
    bench.run();
    expect(bench.open.sequences).toBe(0);
  });
});

describe('the machine', () => {
  it('rests when all is drafted, waits when it is far ahead, and only a limit or a rewind wakes it then', () => {
    const bench = ready();
    expect(bench.inState('idle')).toBe(true);
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 0, limit: 20 });
    expect(bench.inState('idle')).toBe(true);
    bench.send(start('a', []));
    expect(bench.inState('drafting')).toBe(true);
    bench.run();
    expect(bench.inState('throttled')).toBe(true);
    bench.send({ type: 'session.renewed', generation: 'a' });
    expect(bench.inState('throttled')).toBe(true);
    bench.send({ type: 'draft.limit', generation: 'a', epoch: 1, limit: 12 });
    expect(bench.inState('drafting')).toBe(true);
  });

  it('refuses sessions while it drains and is closed when the last has ended', () => {
    const bench = ready();
    bench.send({ type: 'worker.drain' });
    expect(bench.openSession('b')).toMatchObject({ type: 'session.refused', code: 'draining' });
    bench.send(start('a', []));
    bench.run();
    expect(bench.ids().length).toBe(6);
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.inState('closed')).toBe(true);
  });

  it('reaches every state it has', () => {
    const [worked, failed, stopped] = [ready(), createDrafterBench(), createDrafterBench()];
    worked.send(start('a', []));
    worked.run();
    worked.send({ type: 'worker.drain' });
    worked.send({ type: 'session.close', generation: 'a' });
    failed.send({ type: 'model.failed', reason: 'no file' });
    stopped.send({ type: 'worker.drain' });
    // Left in the microstep in which it is entered; the rewinds above show that it was.
    const seen = new Set(['rewinding', ...[worked, failed, stopped].flatMap(({ states }) => states)]);
    const all = descendants(drafterMachine.root).map(({ path }) => path.join('.'));
    expect(all.filter((state) => !seen.has(state))).toEqual([]);
  });
});
