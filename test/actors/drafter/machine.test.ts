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
    root: PROMPT.length,
    listen: true,
    ahead: 6,
    leastLikelihood: 0,
    beliefs: [1],
    end: 60,
    afresh: false,
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

  it('go on as verdicts confirm them, in whatever order they come, and never beyond the end', () => {
    const bench = ready();
    bench.send(start('a', [], { end: PROMPT.length + 9 }));
    bench.run();
    expect(bench.ids().length).toBe(6);
    const text = [...PROMPT, ...right];
    bench.overhear('a', text.slice(0, 5), 4);
    bench.run();
    expect(bench.ids().length).toBe(6);
    bench.overhear('a', text.slice(0, 4), 3);
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 8));
    bench.overhear('a', text.slice(0, 9), 5);
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 9));
    expect(bench.inState('throttled')).toBe(true);
  });

  it('go on after a verdict that is ahead of them', () => {
    const bench = ready();
    bench.send(start('a', [], { ahead: 2 }));
    bench.run();
    bench.overhear('a', [...PROMPT, ...right.slice(0, 3)], 3);
    bench.run();
    const path = pathOf('a', [...PROMPT, ...right]);
    expect(bench.drafts().at(-1)).toMatchObject({ position: 7, parentHash: path.hashAt(7), ids: [right[4]] });
    expect(bench.ids()).toEqual([...right.slice(0, 2), ...right.slice(3, 5)]);
  });

  it('rest where all of them are too unlikely to be right, say so, and go on as they are confirmed', () => {
    const bench = ready();
    bench.send(start('a', [], { leastLikelihood: 0.2, beliefs: [0.1, 0.5] }));
    bench.run();
    expect(bench.drafts().map(({ exhausted }) => exhausted)).toEqual([false, false, true]);
    expect(bench.inState('throttled')).toBe(true);
    bench.overhear('a', [...PROMPT, ...right].slice(0, 4), 3);
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 4));
    expect(bench.drafts().at(-1)?.exhausted).toBe(true);
  });

  it('are as likely on a new path, and what the path says by itself is certain', () => {
    const bench = ready();
    bench.send(start('a', [], { leastLikelihood: 0.2, beliefs: [0.5] }));
    bench.run();
    const other = [((right[0] as number) + 1) % 100];
    bench.send(start('a', other, { epoch: 2, leastLikelihood: 0.2, beliefs: [0.5] }));
    bench.run();
    const drafts = bench.drafts().filter(({ epoch }) => epoch === 2);
    expect(drafts.map(({ exhausted }) => exhausted)).toEqual([false, false, true]);
  });

  it('go on as the controller confirms them, where they are not to listen', () => {
    const bench = ready();
    bench.send(start('a', [], { listen: false }));
    bench.run();
    bench.overhear('a', [...PROMPT, ...right].slice(0, 5), 3);
    bench.run();
    expect(bench.ids().length).toBe(6);
    bench.send({ type: 'draft.confirmed', generation: 'a', epoch: 1, root: 5 });
    bench.send({ type: 'draft.confirmed', generation: 'a', epoch: 0, root: 20 });
    bench.send({ type: 'draft.confirmed', generation: 'a', epoch: 1, root: 4 });
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 8));
  });

  it('go on after verdicts of which some were not heard', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    const text = [...PROMPT, ...right];
    bench.overhear('a', text.slice(0, 7), 6, 5);
    bench.run();
    // The job says that 5 tokens were committed, which its path here begins with.
    expect(bench.ids()).toEqual(right.slice(0, 8));
  });

  it('take no notice of verdicts on other paths', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    bench.overhear('a', [...PROMPT, 9, 9, 9, 9], 4);
    bench.overhear('b', [...PROMPT, 9], 3);
    bench.run();
    expect(bench.states.at(-1)).toBe('throttled');
    expect(bench.ids().length).toBe(6);
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
    bench.send(start('a', other, { epoch: 2, from: 5, ahead: 5 }));
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
    // What is not told took time all the same.
    const [first, ...others] = bench.drafts();
    expect(first?.dropped).toEqual({ drafts: 1, forwardMs: 2 });
    expect(others.every(({ dropped }) => dropped === undefined)).toBe(true);
  });

  it('drops all drafts of a batch that was not yet full', () => {
    const bench = ready();
    bench.send(start('a', [], { batch: 4, flushMs: 100 }));
    bench.runFor(5);
    expect(bench.drafts()).toEqual([]);
    bench.send(start('a', [9], { epoch: 2 }));
    bench.run();
    expect(bench.drafts()[0]?.dropped).toEqual({ drafts: 3, forwardMs: 6 });
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

  it('needs no word from the controller: a verdict that refutes a draft turns the drafter round', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    bench.passes.length = 0;
    const other = [...right.slice(0, 2), ((right[2] as number) + 1) % 100];
    bench.overhear('a', [...PROMPT, ...other], 3);
    bench.run();
    expect(bench.passes[0]?.tokens).toEqual(other.slice(2));
    expect(bench.drafts()[6]).toMatchObject({ position: 6, epoch: 1 });
    expect(bench.ids().slice(6)).toEqual(textAfter([...PROMPT, ...other], 6));
  });

  it('that a verdict brought is not taken up again when the controller says it too', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.runFor(3);
    const other = [((right[0] as number) + 1) % 100];
    bench.overhear('a', [...PROMPT, ...other], 3);
    bench.runFor(6);
    bench.send(start('a', other, { epoch: 2, root: 4 }));
    bench.run();
    expect(bench.ids().slice(1)).toEqual(textAfter([...PROMPT, ...other], 6));
    expect(bench.drafts().map(({ epoch }) => epoch)).toEqual([1, 1, 1, 2, 2, 2, 2]);
  });

  it('afresh proposes again what may not have arrived', () => {
    const bench = ready();
    bench.send(start('a', []));
    bench.run();
    bench.send(start('a', right.slice(0, 2), { epoch: 2 }));
    bench.run();
    expect(bench.ids()).toEqual(right.slice(0, 6));
    bench.send(start('a', right.slice(0, 2), { epoch: 3, afresh: true }));
    bench.run();
    expect(bench.ids().slice(6)).toEqual(right.slice(2, 6));
  });

  it('tells again that there is nothing more to draft', () => {
    const bench = ready();
    const sampler = { ...neutralSampler, promptLength: PROMPT.length, endTokenIds: right.slice(0, 1) };
    bench.openSession('b', { sampler });
    bench.run();
    bench.send(start('b', []));
    bench.run();
    bench.send(start('b', [], { epoch: 2 }));
    bench.run();
    expect(bench.drafts('b')).toMatchObject([
      { epoch: 1, ids: right.slice(0, 1), exhausted: true },
      { epoch: 2, ids: [], exhausted: true },
    ]);
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
    bench.run();
    expect(bench.said).toMatchObject([
      { type: 'draft.rejected', generation: 'b', outcome: 'unknownSession' },
    ]);
  });
});

describe('several sessions', () => {
  it('are drafted for in turn: whoever is least ahead goes first', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(start('a', [], { ahead: 6 }));
    bench.send(start('b', [], { ahead: 4 }));
    bench.run();
    expect(bench.passes.map(({ generation }) => generation).join('')).toBe('ababababaa');
  });

  it('are behind one that has no drafts yet when they are far ahead, however much further they may go', () => {
    const bench = ready({ contextTokens: 256 }, []);
    for (const generation of ['a', 'b']) bench.openSession(generation, { capacityTokens: 200 });
    bench.run();
    bench.passes.length = 0;
    bench.send(start('a', [], { ahead: 150, end: 200 }));
    bench.send(start('b', [], { ahead: 4, end: 200 }));
    bench.run();
    const turns = bench.passes.map(({ generation }) => generation).join('');
    expect(turns.length).toBe(154);
    expect(turns.lastIndexOf('b')).toBeLessThan(8);
  });

  it('do not keep a new prompt out for ever', () => {
    const bench = ready();
    bench.send(start('a', [], { ahead: 57 }));
    bench.openSession('b');
    // A limit that always stays far away, as where targets are fast.
    const far = [...PROMPT, ...textAfter(PROMPT, 400)];
    let verdicts = PROMPT.length;
    const follow = () => {
      if (bench.saidOf('session.ready').length > 0 || verdicts > 400) return;
      bench.overhear('a', far.slice(0, verdicts + 1), verdicts);
      verdicts++;
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
    bench.send(start('a', [], { ahead: 27 }));
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
  it('rests when all is drafted, waits when it is far ahead, and only a verdict or a rewind wakes it then', () => {
    const bench = ready();
    expect(bench.inState('idle')).toBe(true);
    bench.send(start('a', []));
    expect(bench.inState('drafting')).toBe(true);
    bench.run();
    expect(bench.inState('throttled')).toBe(true);
    bench.send({ type: 'session.renewed', generation: 'a' });
    expect(bench.inState('throttled')).toBe(true);
    bench.overhear('a', [...PROMPT, ...right.slice(0, 1)], 3);
    bench.runFor(1);
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
