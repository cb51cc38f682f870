import { describe, expect, it } from 'vitest';
import { targetVerifierMachine } from '../../../actors/target-verifier/machine.js';
import {
  BusyError,
  InvalidLogitsError,
  InvalidOptionError,
  UnavailableError,
} from '../../../src/core/errors.js';
import type { JobAssigned } from '../../../src/core/messages.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { descendants } from '../../support/state-charts.js';
import { createVerifierBench, likelihoods, PROMPT, pathOf, textAfter } from '../../support/worker-bench.js';

let jobs = 0;

/** A job for the prompt plus `tokens`, wanting every verdict from the prompt's on unless told otherwise. */
function job(generation: string, tokens: readonly number[], asked: Partial<JobAssigned> = {}): JobAssigned {
  const from = asked.from ?? PROMPT.length;
  const whole = [...PROMPT, ...tokens];
  const path = pathOf(generation, whole);
  return {
    type: 'job.assigned',
    job: jobs++,
    generation,
    epoch: 0,
    pathHash: path.hashAt(from) ?? '',
    tokens: whole.slice(from),
    first: PROMPT.length,
    last: whole.length,
    committedPosition: PROMPT.length,
    extend: 0,
    extendOnRefutationOnly: false,
    listen: false,
    awaitDrafts: 0,
    awaitMs: 0,
    ...asked,
    from,
  };
}

function ready(options: Parameters<typeof createVerifierBench>[0] = {}, generations = ['a']) {
  const bench = createVerifierBench(options);
  bench.load();
  for (const generation of generations) bench.openSession(generation);
  bench.run();
  bench.passes.length = 0;
  bench.said.length = 0;
  return bench;
}

const right = textAfter(PROMPT, 12);
const hashAfter = (tokens: readonly number[]) => pathOf('a', [...PROMPT, ...tokens]).hash;
const wrongAt = (index: number) => right.map((token, at) => (at === index ? (token + 1) % 100 : token));

describe('a verdict', () => {
  it('is the own next token after each wanted path, named by that path', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 3)));
    bench.run();
    const path = pathOf('a', [...PROMPT, ...right]);
    const verdicts = bench.saidOf('verdict.returned');
    expect(verdicts.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 4));
    expect(verdicts.flatMap(({ pathHashes }) => pathHashes)).toEqual(
      [3, 4, 5, 6].map((at) => path.hashAt(at)),
    );
    // The prompt's own verdict was known before, and was worth a message of its own.
    expect(verdicts).toMatchObject([
      { position: 3, tokensIngested: 0, done: false },
      { position: 4, tokensIngested: 3, forwardMs: 10, done: true },
    ]);
  });

  it('that refutes the next token ends the job: nothing is said about a dead path', () => {
    const bench = ready();
    bench.send(job('a', wrongAt(1).slice(0, 4)));
    bench.run();
    const verdicts = bench.saidOf('verdict.returned');
    expect(verdicts.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 2));
    expect(verdicts.at(-1)?.done).toBe(true);
  });

  it('costs no pass again when the job is repeated, overlaps or was cut short', () => {
    const bench = ready();
    const first = job('a', right.slice(0, 3));
    bench.send(first);
    bench.run();
    expect(bench.passes.length).toBe(1);
    bench.send(first);
    bench.run();
    bench.send(job('a', right.slice(0, 2), { first: 4 }));
    bench.run();
    expect(bench.passes.length).toBe(1);
    const again = bench.saidOf('verdict.returned').slice(2);
    expect(again.map(({ ids }) => ids)).toEqual([right.slice(0, 4), right.slice(1, 3)]);
    expect(again.every(({ tokensIngested, done }) => tokensIngested === 0 && done)).toBe(true);
  });

  it('tells its log probabilities where its session was opened for them, also when it is known already', () => {
    const bench = createVerifierBench();
    bench.load();
    bench.openSession('a', { logprobs: 2 });
    bench.openSession('b');
    bench.run();
    const told = (generation: string, tokens: readonly number[]) => {
      bench.said.length = 0;
      bench.send(job(generation, tokens));
      bench.run();
      return bench.saidOf('verdict.returned').flatMap(({ ids, logprobs }): unknown[] => logprobs ?? ids);
    };
    const own = likelihoods(PROMPT, 4, 2);
    expect(told('a', right.slice(0, 3))).toEqual(own);
    expect(told('a', right.slice(0, 3))).toEqual(own);
    expect(told('a', wrongAt(1).slice(0, 3))).toEqual(own.slice(0, 2));
    expect(told('b', right.slice(0, 3))).toEqual(right.slice(0, 4));
  });

  it('is computed anew where the path differs, and only there', () => {
    const bench = ready();
    bench.send(job('a', wrongAt(2).slice(0, 4)));
    bench.run();
    bench.passes.length = 0;
    bench.send(job('a', right.slice(0, 4), { first: 6 }));
    bench.run();
    expect(bench.passes).toEqual([{ generation: 'a', tokens: right.slice(2, 4), want: 2 }]);
    expect(bench.saidOf('verdict.returned').at(-1)).toMatchObject({
      position: 6,
      ids: right.slice(3, 5),
      done: true,
    });
  });

  it('that is known already and refutes the path is all there is to say', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 4)));
    bench.run();
    bench.passes.length = 0;
    bench.send(job('a', wrongAt(2).slice(0, 4), { first: 6 }));
    bench.run();
    expect(bench.passes).toEqual([]);
    expect(bench.saidOf('verdict.returned').at(-1)).toMatchObject({
      position: 5,
      ids: [right[2]],
      done: true,
    });
  });
});

describe('a job that builds on what is not held', () => {
  it('is answered resync, also when the other path has the same length', () => {
    const bench = ready();
    bench.send(job('a', wrongAt(0).slice(0, 3)));
    bench.run();
    bench.send(job('a', right.slice(0, 5), { from: 6 }));
    bench.send(job('a', right.slice(0, 9), { from: 11 }));
    bench.run();
    expect(bench.saidOf('job.ended').map(({ outcome }) => outcome)).toEqual(['resync', 'resync']);
    // Only the prompt's verdict, which refuted the first job.
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, 1));
  });

  it('is answered with what is held of the committed text', () => {
    const bench = ready();
    const held = (tokens: number) => ({
      position: PROMPT.length + tokens,
      pathHash: hashAfter(right.slice(0, tokens)),
    });
    const sendForeign = () => bench.send(job('a', right.slice(0, 9), { from: 11 }));
    sendForeign();
    bench.send(job('a', [...right.slice(0, 3), 1], { committedPosition: PROMPT.length + 2 }));
    bench.run();
    sendForeign();
    // A shorter path since.
    bench.send(job('a', wrongAt(0).slice(0, 1), { committedPosition: PROMPT.length }));
    bench.run();
    sendForeign();
    bench.run();
    const said = bench.saidOf('job.ended').map((ended) => ended.held?.position);
    expect(
      bench
        .saidOf('job.ended')
        .map((ended) => ended.held)
        .slice(0, 2),
    ).toEqual([held(0), held(2)]);
    expect(said).toEqual([PROMPT.length, PROMPT.length + 2, PROMPT.length + 1]);
  });

  it('is answered unknownSession without a session', () => {
    const bench = ready();
    bench.send(job('b', right.slice(0, 2)));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ generation: 'b', outcome: 'unknownSession' }]);
    expect(bench.passes).toEqual([]);
  });

  it.each([
    ['wants more than its path', { last: 9 }],
    ['wants nothing', { first: 6, last: 5 }],
    ['starts inside the prompt', { from: 1 }],
    ['wants position 0', { first: 0 }],
  ])('or %s fails, and the worker goes on', (_what, asked) => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 2), asked));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ outcome: 'failed' }]);
    bench.send(job('a', right.slice(0, 2)));
    bench.run();
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, 3));
  });

  it('or has foreign tokens fails, and the worker goes on', () => {
    const bench = ready();
    bench.send(job('a', [100_000]));
    bench.send(job('a', right.slice(0, 1)));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ outcome: 'failed', reason: /vocabulary/ }]);
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, 2));
  });

  it('or exceeds its capacity fails with its session, which can be opened again', () => {
    const bench = ready();
    bench.send(job('a', textAfter(PROMPT, 60)));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ outcome: 'failed', reason: /capacity/ }]);
    expect(bench.open.sequences).toBe(0);
    expect(bench.openSession('a')).toMatchObject({ type: 'session.granted', ready: false });
    bench.run();
    expect(bench.saidOf('session.ready').length).toBe(1);
  });
});

describe('the order of work', () => {
  it('is open roots first, then what is nearest to a committed prefix', () => {
    const bench = ready({}, ['a', 'b', 'c']);
    bench.send(job('c', right.slice(0, 1))); // Starts at once; the others wait behind it.
    bench.runFor(1);
    bench.send(job('a', right.slice(0, 6), { first: 9 }));
    bench.send(job('b', right.slice(0, 3), { first: 5 }));
    bench.send(job('c', right.slice(0, 2), { first: 5, committedPosition: 5 }));
    bench.run();
    expect(bench.passes.map(({ generation }) => generation)).toEqual(['c', 'c', 'b', 'a']);
  });

  it('lets who only catches up wait for open roots, but not for ever', () => {
    const bench = ready({}, ['a', 'b', 'c']);
    bench.send(job('c', right.slice(0, 1))); // Starts at once; the others wait behind it.
    bench.runFor(1);
    bench.send(job('a', right.slice(0, 6), { first: 9, committedPosition: 30 }));
    bench.send(job('b', [], { extend: 30 }));
    bench.run();
    const order = bench.passes.map(({ generation }) => generation).join('');
    expect(order).toMatch(/^cb{5,}ab+$/);
  });

  it('takes open roots in turn, so that no generation starves another', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(job('a', [], { extend: 10 }));
    bench.send(job('b', [], { extend: 10 }));
    bench.run();
    expect(
      bench.passes
        .slice(0, 6)
        .map(({ generation }) => generation)
        .join(''),
    ).toMatch(/^(ab){3}$|^(ba){3}$/);
  });

  it('lets nobody wait for ever for those who are nearer to their prefix', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(job('a', [], { extend: 20 }));
    bench.runFor(1);
    bench.send(job('b', right.slice(0, 3), { first: 5 }));
    bench.run();
    const order = bench.passes.map(({ generation }) => generation);
    expect(order).toHaveLength(21);
    expect(order.indexOf('b')).toBeLessThan(6);
  });

  it('lets prompts in between the passes of a generation that goes on for long', () => {
    const bench = ready({}, ['a']);
    bench.send(job('a', [], { extend: 20 }));
    bench.runFor(35);
    bench.openSession('b');
    bench.runFor(25);
    expect(bench.saidOf('session.ready')).toMatchObject([{ generation: 'b' }]);
  });

  it('keeps one waiting job per generation: a newer one replaces it', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 1)));
    bench.runFor(5);
    const [old, newer] = [job('a', right.slice(0, 2)), job('a', right.slice(0, 3))];
    bench.send(old);
    bench.send(newer);
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ job: old.job, outcome: 'dropped' }]);
    const answers = bench.saidOf('verdict.returned').filter((verdict) => verdict.job === newer.job);
    expect(answers.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 4));
    expect(answers.at(-1)?.done).toBe(true);
  });
});

describe('extending', () => {
  it('goes on from own verdicts, one message each, as often as it may', () => {
    const bench = ready();
    bench.send(job('a', [], { extend: 4 }));
    bench.run();
    const verdicts = bench.saidOf('verdict.returned');
    expect(verdicts.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 5));
    expect(verdicts.map(({ done }) => done)).toEqual([false, false, false, false, true]);
  });

  it('stops for a newer job, which is told the verdicts that are known', () => {
    const bench = ready();
    const extended = job('a', [], { extend: 10 });
    bench.send(extended);
    bench.runFor(25);
    const newer = job('a', right.slice(0, 4));
    bench.send(newer);
    bench.run();
    const verdicts = bench.saidOf('verdict.returned');
    expect(verdicts.filter((verdict) => verdict.job === extended.job).at(-1)?.done).toBe(true);
    expect(verdicts.filter((verdict) => verdict.job === newer.job).flatMap(({ ids }) => ids)).toEqual(
      right.slice(0, 5),
    );
    expect(bench.passes.length).toBeLessThan(6);
  });

  it.each([
    ['goes on from the verdict that refuted', wrongAt(1), 3],
    ['does not when all was right', right, 4],
  ])('only on refutation %s', (_what, drafts, verdicts) => {
    const bench = ready();
    bench.send(job('a', drafts.slice(0, 3), { extend: 1, extendOnRefutationOnly: true }));
    bench.run();
    const ids = bench.saidOf('verdict.returned').flatMap((verdict) => verdict.ids);
    expect(ids).toEqual(right.slice(0, verdicts));
  });

  it('ends with an end token', () => {
    const bench = createVerifierBench();
    bench.load();
    const endTokenIds = right.slice(2, 3);
    bench.openSession('a', { sampler: { ...neutralSampler, promptLength: PROMPT.length, endTokenIds } });
    bench.run();
    bench.send(job('a', [], { extend: 9 }));
    bench.run();
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, 3));
    expect(bench.saidOf('verdict.returned').at(-1)?.done).toBe(true);
  });
});

describe('waiting for drafts', () => {
  const waiting = (asked: Partial<JobAssigned> = {}) =>
    job('a', [], { listen: true, awaitDrafts: 3, awaitMs: 50, ...asked });

  it('begins with those that go on from its path, as soon as there are enough', () => {
    const bench = ready();
    bench.send(waiting());
    bench.runFor(20);
    expect(bench.passes).toEqual([]);
    bench.propose('a', [], [...right.slice(0, 2)]);
    bench.propose('a', right.slice(0, 2), right.slice(2, 5));
    bench.runFor(15);
    expect(bench.passes).toEqual([{ generation: 'a', tokens: right.slice(0, 3), want: 3 }]);
    const verdicts = bench.saidOf('verdict.returned');
    expect(verdicts.flatMap(({ ids }) => ids)).toEqual(right.slice(0, 4));
    expect(verdicts.at(-1)?.done).toBe(true);
  });

  it.each([
    ['no longer than it may, and takes what there is', [] as number[], false, 50, 1],
    ['for drafts on its own path', [9, 9], false, 50, 0],
    ['not at all when there are no more', [], true, 0, 1],
  ])('waits %s', (_what, after, exhausted, waitedMs, drafts) => {
    const bench = ready();
    const began = bench.scheduler.now();
    bench.send(waiting());
    bench.propose('a', after, right.slice(0, 1), exhausted);
    bench.run();
    // The prompt's own verdict needs no pass.
    expect(bench.scheduler.now() - began).toBe(waitedMs + (drafts > 0 ? 10 : 0));
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, drafts + 1));
  });

  it('takes those that came before it, once an earlier job said to listen', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 1), { listen: true }));
    bench.propose('a', right.slice(0, 2), right.slice(2, 4));
    bench.run();
    bench.passes.length = 0;
    const began = bench.scheduler.now();
    bench.send(job('a', right.slice(0, 2), { from: 4, first: 5, awaitDrafts: 2, awaitMs: 50 }));
    bench.run();
    expect(bench.scheduler.now() - began).toBe(10);
    expect(bench.passes).toEqual([{ generation: 'a', tokens: right.slice(1, 4), want: 3 }]);
  });

  it('gives way to a newer job, and ends with its session', () => {
    const bench = ready();
    const old = waiting();
    bench.send(old);
    bench.send(job('a', right.slice(0, 1)));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ job: old.job, outcome: 'dropped' }]);
    expect(bench.saidOf('verdict.returned').flatMap(({ ids }) => ids)).toEqual(right.slice(0, 2));
    bench.send(waiting());
    expect(bench.inState('verifying')).toBe(true);
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.inState('idle')).toBe(true);
    bench.passes.length = 0;
    bench.run();
    expect(bench.passes).toEqual([]);
  });

  it('works for others meanwhile, and waits on when that is done', () => {
    const bench = ready({}, ['a', 'b']);
    bench.send(waiting());
    bench.send(job('b', textAfter(PROMPT, 1)));
    bench.runFor(20);
    expect(bench.passes).toMatchObject([{ generation: 'b' }]);
    expect(bench.inState('verifying')).toBe(true);
    bench.propose('a', [], right.slice(0, 3));
    bench.runFor(15);
    expect(bench.passes).toMatchObject([{ generation: 'b' }, { generation: 'a' }]);
    expect(bench.inState('idle')).toBe(true);
  });
});

describe('sessions', () => {
  it('are granted while slots are free, and again to who has one', () => {
    const bench = createVerifierBench({ slots: 1 });
    bench.load();
    expect(bench.openSession('a')).toMatchObject({ type: 'session.granted', ready: false });
    expect(bench.openSession('b')).toMatchObject({ type: 'session.refused', code: 'full' });
    bench.run();
    expect(bench.openSession('a')).toMatchObject({ type: 'session.granted', ready: true });
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.open.sequences).toBe(0);
    expect(bench.openSession('b')).toMatchObject({ type: 'session.granted' });
  });

  it('are refused when they do not fit the model', () => {
    const bench = ready();
    expect(bench.openSession('b', { capacityTokens: 65 })).toMatchObject({ code: 'capacity' });
    expect(bench.openSession('b', { promptTokenIds: [1, 9999] })).toMatchObject({ code: 'invalid' });
  });

  it.each([
    ['full', new BusyError('all slots are taken')],
    ['invalid', new InvalidOptionError('top_p', 2, '0..1')],
    ['draining', new UnavailableError('the model is closed')],
    ['failed', new Error('bad allocation')],
  ])('are refused (%s) when the model cannot open one, and the worker goes on', (code, error) => {
    const bench = ready();
    bench.faults.nextOpening = error;
    expect(bench.openSession('b')).toEqual({
      type: 'session.refused',
      generation: 'b',
      worker: 'w',
      code,
      reason: error.message,
    });
    expect(bench.openSession('b')).toMatchObject({ type: 'session.granted' });
    bench.run();
    expect(bench.saidOf('session.ready')).toMatchObject([{ generation: 'b' }]);
  });

  it('have the slot of one that was closed during its pass', () => {
    const bench = createVerifierBench({ slots: 1 });
    bench.load();
    bench.openSession('a');
    bench.runFor(5);
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.openSession('b')).toMatchObject({ type: 'session.granted' });
    expect(bench.openSession('c')).toMatchObject({ type: 'session.refused', code: 'full' });
    bench.run();
    expect(bench.saidOf('session.ready')).toMatchObject([{ generation: 'b' }]);
    expect(bench.open.sequences).toBe(1);
  });

  it('ingest long prompts in chunks, and report once when they are ready', () => {
    const bench = createVerifierBench({ maxChunkTokens: 4 });
    bench.load();
    bench.openSession('a', { promptTokenIds: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    bench.run();
    expect(bench.passes.map(({ tokens }) => tokens.length)).toEqual([4, 4, 1]);
    expect(bench.saidOf('session.ready')).toMatchObject([{ generation: 'a', promptMs: 30 }]);
  });

  it('lapse when nothing is heard, and live on when something is', () => {
    const bench = ready({}, ['a', 'b']);
    bench.scheduler.schedule(9_000, () => bench.send({ type: 'session.renewed', generation: 'a' }));
    bench.scheduler.schedule(11_000, () => bench.send({ type: 'lease.checked' }));
    bench.run();
    expect(bench.open.sequences).toBe(1);
    expect(bench.openSession('a')).toMatchObject({ ready: true });
  });

  it("closed in the middle of a pass end at once, and the result is nobody's", () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 2)));
    bench.runFor(5);
    bench.said.length = 0;
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.open.sequences).toBe(0);
    bench.run();
    expect(bench.said).toEqual([]);
  });

  it('that fail while they ingest the prompt say so without a job, and which session it was', () => {
    const bench = createVerifierBench();
    bench.load();
    bench.faults.nextPass = new Error('out of memory');
    bench.openSession('a', { opening: 4 });
    bench.openSession('a', { opening: 5 });
    bench.run();
    expect(bench.said).toMatchObject([
      { type: 'job.ended', outcome: 'failed', reason: 'out of memory', opening: 4 },
    ]);
    expect(bench.said[0]).not.toHaveProperty('job');
    expect(bench.open.sequences).toBe(0);
  });

  it('that fail end every job they have, as failed only the one whose pass it was', () => {
    const bench = ready();
    bench.faults.nextPass = new Error('out of memory');
    const [running, waiting] = [job('a', right.slice(0, 1)), job('a', right.slice(0, 2))];
    bench.send(running);
    bench.runFor(0.5);
    bench.send(waiting);
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([
      { job: running.job, outcome: 'failed' },
      { job: waiting.job, outcome: 'dropped' },
    ]);
    expect(bench.open.sequences).toBe(0);
  });

  it('that find no token to pick after their prompt are closed, and say after which path', () => {
    const bench = createVerifierBench();
    bench.load();
    bench.faults.invalidAfter.add(hashAfter([]));
    bench.openSession('a');
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([
      { outcome: 'failed', reason: 'a logit is NaN', invalidAfter: hashAfter([]) },
    ]);
    expect(bench.open.sequences).toBe(0);
  });
});

describe('a path after which the logits name no token', () => {
  const ids = (bench: ReturnType<typeof ready>) => bench.saidOf('verdict.returned').flatMap(({ ids }) => ids);

  it.each([false, true])('is no matter where it is not the own text (spoils its pass: %s)', (poisons) => {
    const bench = ready();
    const drafts = wrongAt(2);
    bench.faults.poisons = poisons;
    bench.faults.invalidAfter.add(hashAfter(drafts.slice(0, 3)));
    bench.send(job('a', drafts.slice(0, 5)));
    bench.run();
    expect(ids(bench)).toEqual(right.slice(0, 3));
    expect(bench.saidOf('job.ended')).toEqual([]);
    bench.passes.length = 0;
    bench.send(job('a', right.slice(0, 5), { first: PROMPT.length + 3 }));
    bench.run();
    expect(ids(bench)).toEqual(right.slice(0, 6));
    expect(bench.passes).toHaveLength(1);
    expect(bench.open.sequences).toBe(1);
  });

  it.each([false, true])(
    'ends the job where it is, after what comes before it (spoils its pass: %s)',
    (poisons) => {
      const bench = ready();
      bench.faults.poisons = poisons;
      bench.faults.invalidAfter.add(hashAfter(right.slice(0, 2)));
      bench.send(job('a', right.slice(0, 5)));
      bench.run();
      expect(ids(bench)).toEqual(right.slice(0, 2));
      expect(bench.saidOf('job.ended')).toMatchObject([
        { outcome: 'failed', reason: 'a logit is NaN', invalidAfter: hashAfter(right.slice(0, 2)) },
      ]);
    },
  );

  it('is asked for once where it ends its pass, and leaves the session with what it held', () => {
    const bench = ready();
    const drafts = wrongAt(1);
    bench.faults.invalidAfter.add(hashAfter(drafts.slice(0, 2)));
    bench.send(job('a', drafts.slice(0, 2), { first: PROMPT.length + 2 }));
    bench.run();
    expect(bench.passes).toMatchObject([{ tokens: drafts.slice(0, 2), want: 1 }]);
    bench.send(job('a', right.slice(0, 2)));
    bench.run();
    expect(ids(bench)).toEqual(right.slice(0, 3));
  });

  it('ends a job that goes on from its own verdicts, and the job that waits is taken up', () => {
    const bench = ready();
    bench.faults.invalidAfter.add(hashAfter(right.slice(0, 2)));
    bench.send(job('a', [], { extend: 9 }));
    bench.runFor(10.5);
    expect(bench.passes).toHaveLength(2);
    bench.send(job('a', right.slice(0, 1), { first: PROMPT.length + 1 }));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ invalidAfter: hashAfter(right.slice(0, 2)) }]);
    expect(bench.saidOf('verdict.returned').at(-1)).toMatchObject({
      pathHashes: [hashAfter(right.slice(0, 1))],
      done: true,
    });
  });

  it('outside what is owed is a failure like any other', () => {
    const bench = ready();
    bench.faults.nextPass = new InvalidLogitsError(PROMPT.length, 'a logit is NaN');
    bench.send(job('a', right.slice(0, 2), { first: PROMPT.length + 1 }));
    bench.run();
    expect(bench.saidOf('job.ended')).toMatchObject([{ outcome: 'failed' }]);
    expect(bench.open.sequences).toBe(0);
  });
});

describe('the machine', () => {
  it('works pass after pass, hears what came meanwhile between two, and rests when nothing is left', () => {
    const bench = createVerifierBench();
    expect(bench.inState('loading')).toBe(true);
    bench.load();
    expect(bench.inState('idle')).toBe(true);
    bench.openSession('a');
    expect(bench.inState('verifying')).toBe(true);
    bench.send(job('a', right.slice(0, 1)));
    bench.runFor(5);
    expect(bench.inState('verifying')).toBe(true);
    expect(bench.passes).toHaveLength(1);
    bench.run();
    expect(bench.passes).toHaveLength(2);
    const changes = bench.states.filter((state, index, all) => state !== all[index - 1]);
    expect(changes.slice(-3)).toEqual(['idle', 'verifying', 'idle']);
  });

  it('refuses sessions while it drains, finishes those it has, and is closed then', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 2)));
    bench.send({ type: 'worker.drain' });
    expect(bench.admission()).toBe('draining');
    expect(bench.openSession('b')).toMatchObject({ type: 'session.refused', code: 'draining' });
    bench.run();
    expect(bench.saidOf('verdict.returned').at(-1)?.done).toBe(true);
    expect(bench.admission()).toBe('draining');
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.inState('closed')).toBe(true);
  });

  it('leaves no pass behind: one that runs when the last session ends is over before the worker is', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 2)));
    bench.runFor(5);
    bench.send({ type: 'worker.drain' });
    bench.send({ type: 'session.close', generation: 'a' });
    expect(bench.inState('verifying')).toBe(true);
    bench.run();
    expect(bench.inState('closed')).toBe(true);
    expect(bench.open.sequences).toBe(0);
  });

  it('takes up a job that came while another needed no pass', () => {
    const bench = ready();
    bench.send(job('a', right.slice(0, 2)));
    bench.run();
    bench.send(job('a', right.slice(0, 1)));
    bench.send(job('a', right.slice(0, 3)));
    bench.run();
    expect(bench.saidOf('verdict.returned').at(-1)).toMatchObject({
      position: 6,
      ids: [right[3]],
      done: true,
    });
  });

  it('reaches every state it has', () => {
    const [worked, failed, stopped] = [ready(), createVerifierBench(), createVerifierBench()];
    worked.send(job('a', [], { extend: 2 }));
    worked.run();
    worked.send({ type: 'worker.drain' });
    worked.send({ type: 'session.close', generation: 'a' });
    failed.send({ type: 'model.failed', reason: 'no file' });
    stopped.send({ type: 'worker.drain' });
    const seen = new Set([worked, failed, stopped].flatMap(({ states }) => states));
    const all = descendants(targetVerifierMachine.root).map(({ path }) => path.join('.'));
    expect(all.filter((state) => !seen.has(state))).toEqual([]);
  });
});
