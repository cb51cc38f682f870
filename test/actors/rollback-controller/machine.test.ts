import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { ClosedSessions } from '../../../actors/rollback-controller/closed-sessions.js';
import type { ControllerPorts } from '../../../actors/rollback-controller/generation-state.js';
import { rollbackControllerMachine } from '../../../actors/rollback-controller/machine.js';
import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { actorOptions } from '../../../src/app/actor-options.js';
import { AcceptanceBook } from '../../../src/core/acceptance-book.js';
import type { CommittedToken, CompiledRequest } from '../../../src/core/generation.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { MessageOf, WireMessage, WorkerAnnounced } from '../../../src/core/messages.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { TargetPool } from '../../../src/core/target-pool.js';
import type { TraceEvent } from '../../../src/core/trace.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { announcement } from '../../support/announcement.js';
import { descendants } from '../../support/state-charts.js';
import { leaves, PROMPT, pathOf } from '../../support/worker-bench.js';

type Bench = ReturnType<typeof createBench>;

/** A controller whose workers are played by the test: they say only what the test lets them say. */
function createBench(asked: Partial<CompiledRequest> = {}) {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler });
  const subjects = createSubjects();
  const bus = network.connect('gateway');
  const workers = network.connect('workers');
  const told: { readonly to: string; readonly message: WireMessage }[] = [];
  for (const to of ['t1', 't2', 'd1', 'd2']) {
    for (const subject of [subjects.workerJob(to), subjects.workerDraft(to), subjects.workerSession(to)]) {
      workers.subscribe(subject, ({ message, respond }) => {
        told.push({ to, message });
        if (message.type === 'session.open') {
          respond({ type: 'session.granted', generation: 'g', worker: to, ready: !preparing.has(to) });
        }
      });
    }
  }
  /** Workers that still ingest the prompt. */
  const preparing = new Set<string>();
  const committed: CommittedToken[] = [];
  const states: string[] = [];
  const traced: TraceEvent[] = [];
  let draftMs = 0;
  const pool = new TargetPool();
  const ports: ControllerPorts = {
    bus,
    subjects,
    scheduler,
    logger: silentLogger,
    pool,
    acceptance: new AcceptanceBook(),
    closedSessions: new ClosedSessions({ bus, subjects, scheduler }, 3_000),
    trace: (event) => traced.push(event),
    commit: (token) => {
      committed.push(token);
      return 'continue';
    },
  };
  const request: CompiledRequest = {
    id: 'g',
    promptTokenIds: PROMPT,
    sampler: { ...neutralSampler, promptLength: PROMPT.length },
    seed: 1,
    maxTokens: 20,
    stop: [],
    mode: 'dsi',
    lookahead: 1,
    targets: undefined,
    ...asked,
  };
  const actor = createActor(rollbackControllerMachine, {
    ...actorOptions(scheduler, undefined),
    input: { options: { request, leaseMs: 3_000, patienceMs: 5_000 }, ports },
  });
  actor.subscribe(({ value }) => states.push(...leaves(value)));
  actor.start();
  const hashAfter = (tokens: readonly number[]) => pathOf('g', [...PROMPT, ...tokens]).hash;
  return {
    scheduler,
    actor,
    bus,
    told,
    preparing,
    states,
    traced,
    pool,
    ids: () => committed.map(({ token }) => token),
    state: () => leaves(actor.getSnapshot().value).at(-1),
    join: (
      worker: string,
      role: 'target' | 'drafter',
      ms = 10,
      host = worker,
      more: Partial<WorkerAnnounced> = {},
    ) => {
      if (role === 'drafter') draftMs = ms;
      const announced = announcement({ worker, role, host, forwardTimes: [{ tokens: 1, ms }], ...more });
      actor.send({ type: 'worker.joined', announced });
      scheduler.run({ limitMs: scheduler.now() });
    },
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
    /** Messages of a type to a worker, oldest first. */
    toldTo: <Type extends WireMessage['type']>(to: string, type: Type) =>
      told
        .filter((entry) => entry.to === to)
        .map(({ message }) => message)
        .filter((message): message is MessageOf<Type> => message.type === type),
    verdict: (worker: string, job: number, after: readonly number[], token: number, done = true) => {
      actor.send({
        type: 'verdict.returned',
        generation: 'g',
        worker,
        job,
        epoch: 0,
        position: PROMPT.length + after.length,
        ids: [token],
        pathHashes: [hashAfter(after)],
        startedAtMs: 0,
        forwardMs: 1,
        tokensIngested: 1,
        committedPosition: 0,
        done,
      });
      scheduler.run({ limitMs: scheduler.now() });
    },
    draft: (epoch: number, after: readonly number[], ids: number[], exhausted = false) => {
      actor.send({
        type: 'draft.proposed',
        generation: 'g',
        worker: 'd1',
        epoch,
        parentHash: hashAfter(after),
        position: PROMPT.length + after.length,
        ids,
        confidences: ids.map(() => 255),
        exhausted,
        startedAtMs: 0,
        forwardMs: ids.length * draftMs,
      });
      scheduler.run({ limitMs: scheduler.now() });
    },
  };
}

/** A target of 10 ms and a drafter of `draftMs`, both ready. */
function speculating(asked: Partial<CompiledRequest> = {}, draftMs = 10) {
  const bench = createBench(asked);
  bench.join('t1', 'target');
  bench.join('d1', 'drafter', draftMs);
  return bench;
}

/** The epoch of the newest start that the drafter was told. */
function epochOf(bench: Bench): number {
  return bench.toldTo('d1', 'draft.start').at(-1)?.epoch ?? -1;
}

describe('opening', () => {
  it('asks for sessions and sends no job before a target is ready', () => {
    const bench = createBench();
    bench.join('d1', 'drafter');
    expect(bench.state()).toBe('running.opening');
    expect(bench.toldTo('d1', 'session.open')).toMatchObject([
      { promptTokenIds: PROMPT, capacityTokens: 23 },
    ]);
    bench.join('t1', 'target');
    expect(bench.state()).toBe('running.speculating');
    expect(bench.toldTo('t1', 'job.assigned')).toMatchObject([{ from: 3, first: 3, last: 3 }]);
  });

  it('goes on without the workers that come later, and takes them in when they come', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.join('t2', 'target');
    expect(bench.toldTo('t2', 'job.assigned')).toMatchObject([{ tokens: [1, 2], first: 4, last: 5 }]);
  });
});

describe('speculating', () => {
  it('commits what a verdict for the committed path says, and lets the drafter go on', () => {
    const bench = speculating();
    const starts = bench.toldTo('d1', 'draft.start').length;
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 1);
    expect(bench.ids()).toEqual([1]);
    expect(bench.state()).toBe('running.speculating');
    expect(bench.toldTo('d1', 'draft.start').length).toBe(starts);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({
      first: 4,
      last: 5,
      committedPosition: 4,
    });
  });

  it('sends a target only what it lacks', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 1);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({ from: 3, tokens: [1, 2] });
    bench.draft(epochOf(bench), [1, 2], [3]);
    bench.verdict('t1', 1, [1], 2);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({ from: 5, tokens: [3] });
  });

  it('commits nothing for another path of the same length, an older job or an unknown worker', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [9], 1);
    bench.verdict('t2', 7, [1], 5);
    expect(bench.ids()).toEqual([]);
    bench.verdict('t2', 7, [], 1);
    // The late verdict for the drafted path was kept.
    expect(bench.ids()).toEqual([1, 5]);
  });

  it('repeats a job whose verdict was lost, elsewhere if it can', () => {
    const bench = speculating();
    bench.join('t2', 'target');
    bench.runFor(1_000);
    expect(bench.toldTo('t2', 'job.assigned').at(-1)).toMatchObject({ first: 3, last: 3 });
  });

  it('sends the whole output again after resync, and opens the session anew after two in a row', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 1);
    const ended = (job: number, outcome: 'resync' | 'unknownSession') => {
      bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job, outcome });
      bench.scheduler.run({ limitMs: bench.scheduler.now() });
    };
    ended(1, 'resync');
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({ from: 3, tokens: [1, 2], first: 4 });
    ended(2, 'resync');
    expect(bench.toldTo('t1', 'session.close').length).toBe(1);
    expect(bench.toldTo('t1', 'session.open').length).toBe(2);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({ job: 3, from: 3, tokens: [1, 2] });
    ended(3, 'unknownSession');
    expect(bench.toldTo('t1', 'session.open').length).toBe(3);
  });

  it('sends only what a target lacks that says after resync what it holds, unless that is another text', () => {
    for (const [text, from] of [
      [[1], 4],
      [[2], 3],
    ] as const) {
      const bench = speculating();
      bench.draft(epochOf(bench), [], [1, 2]);
      bench.verdict('t1', 0, [], 1);
      const held = { position: 4, pathHash: pathOf('g', [...PROMPT, ...text]).hash };
      bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job: 1, outcome: 'resync', held });
      bench.scheduler.run({ limitMs: bench.scheduler.now() });
      expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({
        from,
        tokens: [1, 2].slice(from - 3),
      });
    }
  });

  describe('with a target that is far behind', () => {
    const forwardTimes = [
      { tokens: 1, ms: 10 },
      { tokens: 11, ms: 30 },
    ];

    /** Twenty tokens on t1, which is at work; t2 has only just come, and there is a job that t1 has no time for. */
    function behind(more: Partial<WorkerAnnounced> = {}) {
      const bench = createBench({ lookahead: 1, wait: 0, maxTokens: 50 });
      bench.join('t1', 'target', 10, 't1', { forwardTimes, ...more });
      bench.join('d1', 'drafter', 1);
      const text = Array.from({ length: 20 }, (_, at) => at + 1);
      text.forEach((token, at) => {
        const { job } = bench.toldTo('t1', 'job.assigned').at(-1) as MessageOf<'job.assigned'>;
        bench.verdict('t1', job, text.slice(0, at), token);
      });
      bench.join('t2', 'target', 10, 't2', { forwardTimes, ...more });
      bench.draft(epochOf(bench), text, [21]);
      return { bench, text };
    }

    it('has it ingest some of the committed text, and decide nothing', () => {
      const { bench, text } = behind();
      const jobs = bench.toldTo('t2', 'job.assigned');
      expect(jobs).toMatchObject([
        { from: 3, tokens: text.slice(0, 11), first: 14, last: 14, extend: 0, committedPosition: 23 },
      ]);
    });

    it('has it go on where it was wanted again, and counts its verdicts neither as late nor as wrong when relaxed', () => {
      const { bench, text } = behind({ numerics: 'relaxed' });
      const job = bench.toldTo('t2', 'job.assigned')[0]?.job ?? -1;
      bench.verdict('t2', job, text.slice(0, 11), 77);
      expect(bench.toldTo('t2', 'job.assigned').at(-1)).toMatchObject({ from: 14, last: 24 });
      expect(bench.state()).toBe('running.speculating');
      const { job: root } = bench.toldTo('t1', 'job.assigned').at(-1) as MessageOf<'job.assigned'>;
      bench.verdict('t1', root, text, 21);
      expect(bench.ids()).toEqual([...text, 21]);
    });

    it('fails where an exact one contradicts what is committed', () => {
      const { bench, text } = behind();
      const job = bench.toldTo('t2', 'job.assigned')[0]?.job ?? -1;
      bench.verdict('t2', job, text.slice(0, 11), 77);
      expect(bench.state()).toBe('failed');
    });
  });

  it('ignores the end of a job that was given up', () => {
    const bench = speculating();
    bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job: 99, outcome: 'resync' });
    bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job: 99, outcome: 'resync' });
    bench.runFor(0);
    expect(bench.toldTo('t1', 'session.close')).toEqual([]);
    expect(bench.toldTo('t1', 'job.assigned').length).toBe(1);
  });

  it('sends the drafter back when it has left the path that verdicts know, and when a start was lost', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1]);
    bench.verdict('t9', 0, [1], 7); // Ahead of the root's own verdict.
    const before = epochOf(bench);
    bench.draft(before, [1], [3]);
    expect(epochOf(bench)).toBeGreaterThan(before);
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({ from: 4, tokens: [7] });
    const sent = epochOf(bench);
    bench.runFor(900);
    expect(epochOf(bench)).toBeGreaterThan(sent);
  });

  it('renews the leases of workers that it has nothing to say to', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1], true);
    for (let i = 0; i < 30; i++) {
      bench.verdict('t1', 99, [42], 1);
      bench.runFor(100);
    }
    expect(bench.toldTo('d1', 'session.renewed').length).toBeGreaterThan(0);
  });

  it('starts over with everybody after a lost connection', () => {
    const bench = speculating();
    const jobs = bench.toldTo('t1', 'job.assigned').length;
    const epoch = epochOf(bench);
    bench.actor.send({ type: 'bus.reconnected' });
    bench.runFor(0);
    expect(bench.toldTo('t1', 'job.assigned').length).toBe(jobs + 1);
    expect(epochOf(bench)).toBeGreaterThan(epoch);
  });
});

describe('rolling back', () => {
  it('tells the drafter the new root, verifies it at once, and ends with the first new draft', () => {
    const bench = speculating();
    const old = epochOf(bench);
    bench.draft(old, [], [1, 2]);
    bench.verdict('t1', 0, [], 5);
    expect(bench.ids()).toEqual([5]);
    expect(bench.state()).toBe('running.rollingBack');
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({ from: 3, tokens: [5], listen: false });
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({
      from: 3,
      tokens: [5],
      first: 4,
      last: 4,
    });
    // What was under way when it was told counts for nothing.
    bench.draft(old, [1, 2], [3]);
    expect(bench.state()).toBe('running.rollingBack');
    bench.draft(epochOf(bench), [5], [6]);
    expect(bench.state()).toBe('running.speculating');
  });

  it('tells the drafter how much is committed while its path stands', () => {
    const bench = speculating({ maxTokens: 60 });
    const epoch = epochOf(bench);
    const { ahead } = bench.toldTo('d1', 'draft.start').at(-1) ?? { ahead: 0 };
    const drafts = Array.from({ length: ahead }, (_, index) => index + 10);
    bench.draft(epoch, [], drafts);
    for (const [index, id] of drafts.slice(0, 5).entries())
      bench.verdict('t1', index, drafts.slice(0, index), id);
    expect(epochOf(bench)).toBe(epoch);
    // At once where it must stop, else by steps.
    const roots = bench.toldTo('d1', 'draft.confirmed').map(({ root }) => root - PROMPT.length);
    expect(roots).toEqual([1, 2, 4]);
  });

  it('lets a drafter rest when in doubt only on the host of the only target, and where it takes time and listens', () => {
    const told = (drafterMs: number, host: string) => {
      const bench = createBench();
      bench.join('t1', 'target', 100, 'here');
      bench.join('d1', 'drafter', drafterMs, host);
      return bench.toldTo('d1', 'draft.start').at(-1)?.leastLikelihood;
    };
    expect(told(10, 'here')).toBeCloseTo(0.3, 9);
    expect([told(10, 'there'), told(0.01, 'here'), told(90, 'here')]).toEqual([0, 0, 0]);
  });

  it('still takes drafts whose beginning was overtaken by verdicts that say the same', () => {
    const bench = speculating();
    const epoch = epochOf(bench);
    bench.verdict('t1', 0, [], 1);
    expect(bench.ids()).toEqual([1]);
    bench.draft(epoch, [], [1, 2, 3]);
    bench.verdict('t1', 1, [1], 2);
    expect(bench.ids()).toEqual([1, 2]);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)).toMatchObject({ tokens: [2, 3], first: 5, last: 6 });
    bench.draft(epoch, [], [7, 8]);
    bench.verdict('t1', 2, [1, 2, 3], 4);
    expect(bench.toldTo('t1', 'job.assigned').at(-1)?.tokens).not.toContain(8);
  });

  it('hands over to an instance of the same model that stands by', () => {
    const bench = speculating();
    bench.join('d2', 'drafter');
    expect(bench.toldTo('d2', 'draft.start').at(-1)).toMatchObject({ ahead: 0 });
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 5);
    expect(bench.toldTo('d2', 'draft.start').at(-1)).toMatchObject({ tokens: [5], root: 4, ahead: 8 });
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({ tokens: [5], root: 4, ahead: 0 });
  });

  it('lets the other instance rest until the plan calls it in', () => {
    const bench = speculating({ lookahead: undefined, maxTokens: 60 }, 7);
    bench.join('d2', 'drafter');
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 5);
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({ tokens: [5], ahead: 8 });
    bench.runFor(900);
    bench.draft(epochOf(bench), [5], [6, 7]);
    expect(bench.toldTo('d2', 'draft.start')).toMatchObject([{ ahead: 0 }]);
    bench.verdict('t1', 1, [5], 8);
    expect(bench.toldTo('d2', 'draft.start').slice(1)).toMatchObject([{ tokens: [5, 8], ahead: 8 }]);
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({ ahead: 0 });
  });

  it('leaves it to a drafter that listens to turn round', () => {
    const bench = speculating({}, 1);
    const epoch = epochOf(bench);
    bench.draft(epoch, [], [1, 2]);
    const told = bench.toldTo('d1', 'draft.start').length;
    bench.verdict('t1', 0, [], 5);
    expect(bench.state()).toBe('running.rollingBack');
    // What was under way when it heard counts for nothing.
    bench.draft(epoch, [1, 2], [3]);
    expect(bench.state()).toBe('running.rollingBack');
    bench.draft(epoch, [5], [6]);
    expect(bench.state()).toBe('running.speculating');
    expect(bench.toldTo('d1', 'draft.start').length).toBe(told);
    expect(bench.toldTo('d1', 'draft.confirmed')).toEqual([]);
  });

  it('tells it all the same when it goes on as if it had not heard, or falls silent', () => {
    const bench = speculating({}, 1);
    const epoch = epochOf(bench);
    bench.draft(epoch, [], [1, 2]);
    bench.verdict('t1', 0, [], 5);
    bench.runFor(120);
    const told = bench.toldTo('d1', 'draft.start').length;
    bench.draft(epoch, [1, 2], [3]);
    expect(bench.toldTo('d1', 'draft.start').at(-1)).toMatchObject({
      from: 4,
      tokens: [],
      root: 4,
      afresh: true,
    });
    bench.runFor(700);
    expect(bench.toldTo('d1', 'draft.start').length).toBe(told + 2);
  });

  it('goes on committing meanwhile', () => {
    const bench = speculating();
    bench.draft(epochOf(bench), [], [1, 2]);
    bench.verdict('t1', 0, [], 5, false);
    bench.verdict('t1', 0, [5], 6);
    expect(bench.ids()).toEqual([5, 6]);
    expect(bench.state()).toBe('running.rollingBack');
  });
});

describe('finishing', () => {
  it.each([
    [
      'cancelled',
      'cancelled',
      (bench: Bench): void => bench.actor.send({ type: 'generation.cancelled', generation: 'g' }),
    ],
    [
      'contradicted',
      'failed',
      (bench: Bench): void => {
        bench.verdict('t1', 0, [], 1);
        bench.verdict('t2', 0, [], 2);
      },
    ],
    ['left alone', 'failed', (bench: Bench): void => void bench.runFor(6_000)],
  ] as const)('when %s drops jobs, closes sessions and leaves nothing running', (_what, outcome, happen) => {
    const bench = speculating();
    happen(bench);
    bench.runFor(0);
    expect(bench.states).toContain('finishing');
    expect(bench.state()).toBe(outcome);
    expect(bench.pool.load('t1')).toBe(0);
    expect([bench.toldTo('t1', 'session.close').length, bench.toldTo('d1', 'session.close').length]).toEqual([
      1, 1,
    ]);
    expect(bench.actor.getSnapshot().output?.ending.outcome).toBe(outcome);
    expect(bench.scheduler.run({ limitMs: bench.scheduler.now() + 60_000 })).toBe(true);
  });

  it('takes nothing in while sessions are being closed', () => {
    const bench = speculating();
    bench.bus.flush = () => {};
    bench.actor.send({ type: 'generation.cancelled', generation: 'g' });
    expect(bench.state()).toBe('finishing');
    bench.verdict('t1', 0, [], 1);
    bench.join('t2', 'target');
    expect([bench.ids(), bench.toldTo('t2', 'session.open'), bench.state()]).toEqual([[], [], 'finishing']);
  });

  it('commits no more than was asked for, however much is known', () => {
    const bench = createBench({ maxTokens: 2 });
    bench.join('t1', 'target');
    bench.join('d1', 'drafter');
    bench.draft(epochOf(bench), [], [1, 2, 3]);
    bench.verdict('t9', 0, [1, 2], 3);
    bench.verdict('t9', 0, [1], 2);
    bench.verdict('t1', 0, [], 1);
    expect(bench.ids()).toEqual([1, 2]);
    bench.runFor(0);
    expect(bench.state()).toBe('completed');
  });

  it('tells how long a worker took to read the prompt, and what it does', () => {
    const bench = createBench();
    for (const [worker, role] of [
      ['t1', 'target'],
      ['d1', 'drafter'],
    ] as const) {
      bench.preparing.add(worker);
      bench.join(worker, role);
      const ready = { type: 'session.ready', generation: 'g', promptMs: 30, startedAtMs: 5 } as const;
      bench.actor.send({ ...ready, worker });
    }
    const common = { kind: 'prefill', startMs: 5, endMs: 35 };
    expect(bench.traced.filter(({ kind }) => kind === 'prefill')).toMatchObject([
      { ...common, track: 't1', data: { role: 'target' } },
      { ...common, track: 'd1', data: { role: 'drafter' } },
    ]);
  });

  it('leaves a drafter alone that only fails, not one that fails once, however long its prompt took', () => {
    const bench = createBench({ maxTokens: 10 });
    bench.join('t1', 'target');
    bench.preparing.add('d1');
    bench.join('d1', 'drafter');
    const asked = () => bench.toldTo('d1', 'session.open').length;
    const starts = () => bench.toldTo('d1', 'draft.start');
    // Whether it is ready is asked again and again.
    bench.runFor(4_000);
    expect(asked()).toBeGreaterThan(3);
    bench.preparing.clear();
    bench.actor.send({
      type: 'session.ready',
      generation: 'g',
      worker: 'd1',
      promptMs: 4_000,
      startedAtMs: 0,
    });
    bench.runFor(1);
    /** It fails, is asked again and told to draft, or is not. */
    const fail = (): boolean => {
      const before = starts().length;
      const failure = { outcome: 'failed', reason: 'no memory' } as const;
      bench.actor.send({ type: 'draft.rejected', generation: 'g', worker: 'd1', ...failure });
      bench.runFor(5_000);
      return starts().length > before;
    };
    const drafts = () => bench.draft(starts().at(-1)?.epoch ?? 0, [], [7]);
    expect(fail()).toBe(true);
    drafts();
    expect([fail(), fail()]).toEqual([true, true]);
    expect(bench.actor.getSnapshot().status).toBe('active');
    expect(fail()).toBe(false);
  });

  it('leaves a target alone that only fails, and fails when there is no other', () => {
    const bench = speculating();
    for (let tries = 0; tries < 3; tries++) {
      const job = bench.toldTo('t1', 'job.assigned').at(-1)?.job;
      bench.actor.send({
        type: 'job.ended',
        generation: 'g',
        worker: 't1',
        job,
        outcome: 'failed',
        reason: 'no memory',
      });
      bench.runFor(0);
    }
    expect(bench.actor.getSnapshot().output?.ending).toMatchObject({
      outcome: 'failed',
      error: { code: 'worker_failed', message: expect.stringContaining('no memory') },
    });
  });

  it('fails where the only target fails each time after its job was given up, however often it says so', () => {
    const bench = speculating();
    const fails = (job: number) => {
      const failure = { outcome: 'failed' as const, reason: 'no memory' };
      bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job, ...failure });
      bench.runFor(0);
    };
    for (const job of [97, 97, 98, 97, 98, 97, 98]) fails(job);
    expect(bench.actor.getSnapshot().output).toBeUndefined();
    fails(99);
    expect(bench.actor.getSnapshot().output?.ending).toMatchObject({ error: { code: 'worker_failed' } });
  });

  it('names the failure of a target that was left alone when the others are lost, not one that was overcome', () => {
    const outcome = (overcome: boolean) => {
      const bench = speculating();
      bench.join('t2', 'target');
      const fails = (job: number) => {
        const failure = { outcome: 'failed' as const, reason: 'no memory' };
        bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job, ...failure });
        bench.runFor(0);
      };
      for (const job of overcome ? [97] : [97, 98, 99]) fails(job);
      // Of a target that was given up it was only late.
      bench.verdict('t1', 0, [], 1);
      bench.actor.send({ type: 'worker.lost', worker: 't2' });
      bench.runFor(6_000);
      const ending = bench.actor.getSnapshot().output?.ending;
      return ending?.outcome === 'failed' ? `${ending.error.code}: ${ending.error.message}` : ending;
    };
    const waited = 'no_worker: no target made progress for 5 s';
    expect(outcome(false)).toBe(`${waited}; target t1 failed: no memory`);
    expect(outcome(true)).toBe(waited);
  });

  it('leaves a target alone that only fails to ingest the prompt, however often it says so of one session', () => {
    const bench = createBench();
    bench.preparing.add('t1');
    bench.join('t1', 'target');
    const fails = (opening: number) => {
      const failure = { outcome: 'failed' as const, reason: 'no memory', opening };
      bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', ...failure });
      bench.runFor(0);
    };
    const openings = () => bench.toldTo('t1', 'session.open').map(({ opening }) => opening);
    for (const opening of [1, 1, 1, 2, 1, 2, 2]) fails(opening);
    expect([bench.actor.getSnapshot().output, openings()]).toEqual([undefined, [1, 2, 3]]);
    fails(3);
    expect(bench.actor.getSnapshot().output?.ending).toMatchObject({ error: { code: 'worker_failed' } });
  });
});

describe('where the model names no token', () => {
  /** The target that has the newest job says so of the path after `after`. */
  const fails = (bench: Bench, worker: string, after: readonly number[], job = lastJob(bench, worker)) => {
    const invalidAfter = pathOf('g', [...PROMPT, ...after]).hash;
    const failure = { outcome: 'failed' as const, reason: 'a logit is NaN', invalidAfter };
    bench.actor.send({
      type: 'job.ended',
      generation: 'g',
      worker,
      ...(job === undefined ? {} : { job }),
      ...failure,
    });
    bench.runFor(0);
  };
  const lastJob = (bench: Bench, worker: string) => bench.toldTo(worker, 'job.assigned').at(-1)?.job;
  const ending = (bench: Bench) => bench.actor.getSnapshot().output?.ending;
  /** Verifies the root with the first target, and the drafts 1 and 2 after it with the second. */
  const verifying = () => {
    const bench = speculating();
    bench.join('t2', 'target');
    bench.draft(epochOf(bench), [], [1, 2]);
    expect(bench.toldTo('t2', 'job.assigned')).toMatchObject([{ first: 4, last: 5 }]);
    return bench;
  };

  it('to commit, the generation fails at once', () => {
    const bench = verifying();
    fails(bench, 't1', []);
    expect(ending(bench)).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'invalid_logits',
        message: 'no token can be picked for position 3: a logit is NaN',
      },
    });
  });

  it('after the prompt, it fails for that, whatever failed before', () => {
    const bench = speculating();
    for (const _ of [1, 2]) {
      const failure = { outcome: 'failed' as const, reason: 'no memory' };
      const job = lastJob(bench, 't1') ?? 0;
      bench.actor.send({ type: 'job.ended', generation: 'g', worker: 't1', job, ...failure });
      bench.runFor(0);
    }
    bench.actor.send({
      type: 'job.ended',
      generation: 'g',
      worker: 't1',
      outcome: 'failed',
      reason: 'a logit is NaN',
      invalidAfter: pathOf('g', PROMPT).hash,
    });
    bench.runFor(0);
    expect(ending(bench)).toMatchObject({ error: { code: 'invalid_logits' } });
  });

  it('after a draft, that path is sent to nobody, and no target is blamed', () => {
    const bench = verifying();
    const opened = bench.toldTo('t2', 'session.open').length;
    const sent = () =>
      bench.told.map(({ message }) => message).filter((message) => message.type === 'job.assigned');
    for (const job of [1, 1, 97, 98, 99]) fails(bench, 't2', [1], job);
    bench.draft(epochOf(bench), [1, 2], [3]);
    bench.runFor(50);
    expect(sent().filter(({ last }) => last > 3)).toHaveLength(1);
    expect(bench.toldTo('t2', 'session.open')).toHaveLength(opened);
    bench.verdict('t1', 0, [], 7);
    bench.runFor(0);
    expect([ending(bench), bench.ids(), bench.state()]).toEqual([undefined, [7], 'running.rollingBack']);
    expect(sent().at(-1)).toMatchObject({ first: 4, last: 4 });
  });

  it('after a draft that turns out right, it fails there, without asking again', () => {
    const bench = verifying();
    fails(bench, 't2', [1]);
    bench.verdict('t1', 0, [], 1);
    expect(bench.ids()).toEqual([1]);
    bench.runFor(0);
    expect(ending(bench)).toMatchObject({ error: { code: 'invalid_logits', position: 4 } });
  });

  it('after the last token that was asked for, that is no matter', () => {
    const bench = speculating({ maxTokens: 3 });
    bench.join('t2', 'target');
    bench.draft(epochOf(bench), [], [1, 2]);
    fails(bench, 't2', [1, 2, 3]);
    bench.verdict('t2', 1, [1, 2], 3);
    bench.verdict('t2', 1, [1], 2);
    bench.verdict('t1', 0, [], 1);
    bench.runFor(0);
    expect([ending(bench)?.outcome, bench.ids()]).toEqual(['completed', [1, 2, 3]]);
  });
});

describe('the machine', () => {
  it('reaches every state it has', () => {
    const [completed, cancelled, failed] = [createBench({ maxTokens: 1 }), speculating(), createBench()];
    completed.join('t1', 'target');
    completed.verdict('t1', 0, [], 1);
    cancelled.draft(epochOf(cancelled), [], [1]);
    cancelled.verdict('t1', 0, [], 2);
    cancelled.actor.send({ type: 'generation.cancelled', generation: 'g' });
    failed.runFor(6_000);
    for (const bench of [completed, cancelled]) bench.runFor(0);
    const seen = new Set([completed, cancelled, failed].flatMap(({ states }) => states));
    const all = descendants(rollbackControllerMachine.root).map(({ path }) => path.join('.'));
    expect(all.filter((state) => !seen.has(state))).toEqual([]);
  });
});
