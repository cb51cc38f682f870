import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { Sequence, SequenceOptions } from '../../src/core/model.js';
import type { TraceEvent } from '../../src/core/trace.js';
import { simReference } from '../support/sim-reference.js';
import {
  createVirtualCluster,
  tokensOf,
  type VirtualCluster,
  type VirtualClusterOptions,
  type VirtualGeneration,
} from '../support/virtual-cluster.js';
import { recordEvents } from './event-log.js';

function start(options: Partial<VirtualClusterOptions> = {}) {
  const cluster = createVirtualCluster({
    targets: 3,
    targetMs: 20,
    drafterMs: 2,
    faults: { delayMs: 0.2 },
    ...options,
  });
  const events = recordEvents(false);
  events.watch(cluster.network);
  cluster.runFor(1);
  return { ...cluster, counts: events.counts };
}

/** Ids right, ended well, and nothing left behind. */
function expectWhole(cluster: VirtualCluster, generations: readonly VirtualGeneration[]): void {
  for (const generation of generations) {
    expect(generation.log.end?.outcome).toBe('completed');
    expect(tokensOf(generation)).toEqual(simReference(generation.request));
    expect(generation.ends()).toBe(1);
  }
  cluster.runFor(12_000);
  for (const worker of cluster.workers) {
    expect(cluster.pool.load(worker.id)).toBe(0);
    if (!worker.killed()) expect(worker.sequences.closed).toBe(worker.sequences.opened);
  }
  expect(cluster.shutDown()).toBe(true);
}

/** A target of the same name on another host, whose weights say something else at every ninth position. */
function startOtherTarget({ network, subjects, scheduler }: VirtualCluster): void {
  const name = 'sim:target?ms=20';
  const model = createSimModel({
    name,
    options: parseSimModel(name),
    recorded: undefined,
    scheduler,
    wait: (ms, done) => void scheduler.schedule(ms, () => done()),
  });
  const openSequence = (options: SequenceOptions): Sequence => {
    const sequence = model.openSequence(options);
    const otherwise = (id: number, at: number) => (at % 9 === 0 ? (id + 1) % 50 : id);
    return {
      get length() {
        return sequence.length;
      },
      crop: (length) => sequence.crop(length),
      close: () => sequence.close(),
      forward: (tokens, want, done) =>
        sequence.forward(tokens, want, (error, result) => {
          const first = sequence.length - (result?.tokenIds.length ?? 0) + 1;
          if (result === undefined) done(error, result);
          else
            done(error, {
              ...result,
              tokenIds: result.tokenIds.map((id, index) => otherwise(id, first + index)),
            });
        }),
    };
  };
  startWorkerHost({
    role: 'target',
    model: { info: { ...model.info, fingerprint: 'other' }, openSequence, close: () => model.close() },
    ports: { workerId: 'other', bus: network.connect('other'), subjects, scheduler, logger: silentLogger },
    slots: 4,
    host: 'other',
  });
}

function runOne(cluster: VirtualCluster, request: Partial<CompiledRequest>) {
  const generation = cluster.generate(request);
  const end = cluster.finish(generation);
  return { generation, result: end.result };
}

describe('drafters', () => {
  it('may be absent: the generation runs as plain decoding does', () => {
    const { drafterMs: _, ...options } = { targets: 2, targetMs: 20, drafterMs: 0 };
    const cluster = createVirtualCluster(options);
    cluster.runFor(1);
    const { generation, result } = runOne(cluster, { mode: 'dsi', maxTokens: 40 });
    expect(result.timings.predictedMs / 39).toBeCloseTo(20, 6);
    expect(result.speculation.drafterForwards).toBe(0);
    expectWhole(cluster, [generation]);
  });

  it.each(['si', 'dsi'] as const)('may die in the middle (%s)', (mode) => {
    const cluster = start();
    const generation = cluster.generate({ mode, maxTokens: 60 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 20 });
    const accepted = generation.log.tokens.filter(({ drafted }) => drafted).length;
    cluster.drafter?.kill();
    const before = cluster.scheduler.now();
    cluster.finish(generation);
    expect(accepted).toBeGreaterThan(5);
    // Plain decoding from there on, after one wait for late drafts.
    expect(cluster.scheduler.now() - before).toBeLessThan(40 * 20 * 1.15);
    expectWhole(cluster, [generation]);
  });

  it('may come late: drafts are used as soon as they are there', () => {
    const { drafterMs: _, ...options } = { targets: 6, targetMs: 20, drafterMs: 0 };
    const cluster = createVirtualCluster(options);
    const generation = cluster.generate({ maxTokens: 80 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 20 });
    cluster.startDrafter(0.9);
    const result = cluster.finish(generation).result;
    expect(generation.log.tokens.slice(0, 20).every(({ drafted }) => !drafted)).toBe(true);
    expect(result.timings.draftTokensAccepted).toBeGreaterThan(30);
    expectWhole(cluster, [generation]);
  });

  it('may be wrong all the time: dsi then costs no more than plain decoding', () => {
    const cluster = start({ acceptance: 0, faults: {}, targets: 10 });
    const { generation, result } = runOne(cluster, { maxTokens: 60 });
    expect(result.timings.draftTokensAccepted).toBe(0);
    expect(result.speculation.rollbacks).toBeGreaterThan(30);
    expect(result.timings.predictedMs / 59).toBeLessThan(20.01);
    expectWhole(cluster, [generation]);
  });

  it('that become good are noticed while the plan is plain decoding, and used', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'slipstream-trace-')), 'trace.json');
    const right = '0'.repeat(120) + '1'.repeat(240);
    writeFileSync(file, JSON.stringify({ texts: [{ right }] }));
    const cluster = createVirtualCluster({ targets: 1, targetMs: 20, faults: { delayMs: 0.2 } });
    cluster.startWorker('drafter', `sim:drafter?ms=4&trace=${encodeURIComponent(file)}`);
    cluster.runFor(1);
    const generation = cluster.generate({ mode: 'auto', maxTokens: 360 });
    const commits: number[] = [];
    cluster.scheduler.run({
      until: () => {
        while (commits.length < generation.log.tokens.length) commits.push(cluster.scheduler.now());
        return generation.log.end !== undefined;
      },
    });
    const msPerToken = (from: number, to: number) =>
      ((commits[to] as number) - (commits[from] as number)) / (to - from);
    // As fast as nobody's drafts allow, and nothing lost to drafting.
    expect(msPerToken(60, 120)).toBeLessThan(20.5);
    expect(msPerToken(260, 359)).toBeLessThan(12);
    rmSync(dirname(file), { recursive: true });
    expectWhole(cluster, [generation]);
  });

  it('may fall silent after a drafted end token', () => {
    const cluster = start({ acceptance: 0.5, targets: 2 });
    const plain = runOne(cluster, { id: 'plain', mode: 'none', maxTokens: 60 });
    const said = new Set(tokensOf(plain.generation).slice(0, 40));
    const wrong = [...Array(100).keys()].filter((id) => !said.has(id));
    const sampler = { ...plain.generation.request.sampler, endTokenIds: wrong.slice(0, 60) };
    const { generation, result } = runOne(cluster, { maxTokens: 40, sampler });
    expect(cluster.counts.get('draft.proposed')).toBeGreaterThan(10);
    expect(result.timings.draftTokensAccepted).toBeGreaterThan(0);
    expectWhole(cluster, [plain.generation, generation]);
  });

  it('may be sent a prompt while others keep them busy: none waits for ever', () => {
    // Slower than half the target: a drafter that is never far enough ahead.
    const cluster = start({ targets: 6, targetMs: 20, drafterMs: 9, acceptance: 1 });
    const busy = [1, 2].map((seed) => cluster.generate({ seed, maxTokens: 150 }));
    cluster.runFor(300);
    const late = cluster.generate({ maxTokens: 100 });
    for (const generation of [...busy, late]) cluster.finish(generation);
    expect(late.log.tokens.filter(({ drafted }) => drafted).length).toBeGreaterThan(10);
    expectWhole(cluster, [...busy, late]);
  });
});

describe('several drafters on one tree', () => {
  const poor = 'sim:drafter?ms=0.5&acceptance=0.5';
  const good = 'sim:drafter?ms=4&acceptance=0.9';
  function run(drafters: readonly string[]) {
    const cluster = createVirtualCluster({ targets: 6, targetMs: 20, faults: { delayMs: 0.2 } });
    for (const url of drafters) cluster.startWorker('drafter', url);
    cluster.runFor(1);
    const { generation, result } = runOne(cluster, { mode: 'dsi', maxTokens: 400 });
    expectWhole(cluster, [generation]);
    return { ms: result.timings.predictedMs / 399, forwards: result.speculation.drafterForwards };
  }

  it('a fast and poor one and a slow and good one together lose nothing to either alone', () => {
    const together = run([poor, good]).ms;
    expect(together).toBeLessThan(run([poor]).ms);
    expect(together).toBeLessThan(1.05 * run([good]).ms);
  });

  it('one that is of no use rests, and costs next to nothing', () => {
    const useless = 'sim:drafter?ms=2&acceptance=0.01';
    const [alone, both] = [run([good]), run([good, useless])];
    expect(both.ms).toBeLessThan(1.05 * alone.ms);
    expect(both.forwards).toBeLessThan(1.6 * alone.forwards);
  });
});

describe('targets', () => {
  it('may die one after another while others come', () => {
    const cluster = start({ targets: 2 });
    const generation = cluster.generate({ maxTokens: 120 });
    for (const share of [20, 50, 80]) {
      cluster.scheduler.run({ until: () => generation.log.tokens.length >= share });
      const victim = cluster.workers.find((worker) => worker.role === 'target' && !worker.killed());
      victim?.kill();
      if (victim !== undefined) cluster.directory.remove(victim.id);
      cluster.startTarget();
    }
    const { result } = cluster.finish(generation);
    expect(result.speculation.targets).toBeGreaterThan(2);
    expectWhole(cluster, [generation]);
  });

  it('that comes to a long text ingests it while the others go on, and then helps', () => {
    const cluster = start({ targets: 3, timing: 'perToken=2' });
    const generation = cluster.generate({ mode: 'dsi', lookahead: 2, maxTokens: 700 });
    const { tokens } = generation.log;
    const longestGapMs = (from: number) =>
      Math.max(
        ...tokens.slice(from).map(({ atMs }, index) => atMs - (tokens[from + index - 1]?.atMs ?? atMs)),
      );
    cluster.scheduler.run({ until: () => tokens.length >= 400 });
    const late = cluster.startTarget();
    cluster.scheduler.run({ until: () => tokens.length >= 600 });
    expect(longestGapMs(400)).toBeLessThan(6 * 20);
    // Only who has caught up can go on alone without a pause.
    for (const worker of cluster.targets.filter((target) => target !== late)) {
      worker.kill();
      cluster.directory.remove(worker.id);
    }
    cluster.finish(generation);
    expect(longestGapMs(600)).toBeLessThan(10 * 20);
    expectWhole(cluster, [generation]);
  });

  it('that die on a host do not keep its other workers from opening', () => {
    const cluster = start({ targets: 3, sharedHost: true });
    cluster.targets[0]?.kill();
    const before = cluster.scheduler.now();
    const generation = cluster.generate({ maxTokens: 10 });
    cluster.finish(generation);
    expect(cluster.scheduler.now() - before).toBeLessThan(2_500);
    expectWhole(cluster, [generation]);
  });

  it('that die while they ingest the prompt do not either', () => {
    const cluster = start({ targets: 2, sharedHost: true, targetMs: 400 });
    const generation = cluster.generate({ maxTokens: 4 });
    cluster.runFor(100);
    cluster.targets[0]?.kill();
    const before = cluster.scheduler.now();
    cluster.finish(generation);
    expect(cluster.scheduler.now() - before).toBeLessThan(6_000);
    expectWhole(cluster, [generation]);
  });

  it('leave when they drain: their sessions are closed at once and the text goes on elsewhere', () => {
    const cluster = start({ targets: 2 });
    const generation = cluster.generate({ maxTokens: 60 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 10 });
    let drainedAt: number | undefined;
    cluster.targets[0]?.drain(() => {
      drainedAt = cluster.scheduler.now();
    });
    const before = cluster.scheduler.now();
    cluster.finish(generation);
    expect((drainedAt ?? Number.NaN) - before).toBeLessThan(50);
    expectWhole(cluster, [generation]);
  });

  it('that are silent for ever fail the generation with a typed error, after its patience', () => {
    const cluster = start({ targets: 1, patienceMs: 5_000 });
    const generation = cluster.generate({ maxTokens: 500 });
    cluster.runFor(200);
    cluster.targets[0]?.kill();
    const before = cluster.scheduler.now();
    const end = cluster.finish(generation);
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'no_worker' } });
    expect(cluster.scheduler.now() - before).toBeLessThan(5_200);
    expect(tokensOf(generation)).toEqual(
      simReference(generation.request).slice(0, generation.log.tokens.length),
    );
    expect(cluster.shutDown()).toBe(true);
  });

  it.each([
    [{ promptTokenIds: [1, 5_000], mode: 'none' }, 'prompt token 5000 is outside the vocabulary of .*'],
    [{ maxTokens: 70_000, mode: 'none' }, '70003 tokens asked for, context is 65536'],
    [{ maxTokens: 70_000, mode: 'dsi' }, '70003 tokens asked for, context is 65536'],
  ] as const)(
    'that all refuse it for good fail a generation at once, with the reason: %o',
    (asked, reason) => {
      const cluster = start({ targets: 2, slots: 1 });
      // Not even a slot is waited for.
      cluster.generate({ targets: 1, maxTokens: 500 });
      cluster.runFor(100);
      const before = cluster.scheduler.now();
      const end = cluster.finish(cluster.generate(asked));
      expect(end).toMatchObject({
        outcome: 'failed',
        error: {
          code: 'no_worker',
          message: expect.stringMatching(`^no target takes it: target-. refused: ${reason}$`),
        },
      });
      expect(cluster.scheduler.now() - before).toBeLessThan(50);
      expect(cluster.shutDown()).toBe(true);
    },
  );

  it('that refuse it for good are no reason to give up where others served it and may come again', () => {
    const cluster = start({ targets: 1 });
    const generation = cluster.generate({ mode: 'none', maxTokens: 60 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 10 });
    cluster.targets[0]?.kill();
    cluster.directory.remove(cluster.targets[0]?.id ?? '');
    cluster.startWorker('target', 'sim:target?ms=20&context=32');
    cluster.runFor(3000);
    expect(cluster.counts.get('session.refused')).toBe(1);
    cluster.startTarget();
    cluster.finish(generation);
    expectWhole(cluster, [generation]);
  });

  it('of which one refuses it for good leave it to the others', () => {
    const cluster = start({ targets: 1 });
    cluster.startWorker('target', 'sim:target?ms=20&context=32');
    cluster.runFor(1);
    const generation = cluster.generate({ maxTokens: 60 });
    cluster.finish(generation);
    expect(cluster.counts.get('session.refused')).toBe(1);
    expectWhole(cluster, [generation]);
  });

  it('with all slots taken make a generation wait, not fail, as long as it is patient', () => {
    const cluster = start({ targets: 1, slots: 1 });
    const [first, second] = [cluster.generate({ maxTokens: 60 }), cluster.generate({ maxTokens: 20 })];
    cluster.finish(second);
    expect(cluster.counts.get('session.refused')).toBeGreaterThan(0);
    expectWhole(cluster, [first, second]);
  });

  it('lose a verdict of a plain extension, which is noticed with the next', () => {
    const cluster = start({ targets: 1 });
    const generation = cluster.generate({ mode: 'none', maxTokens: 64 });
    const send = cluster.network.send.bind(cluster.network);
    let verdicts = 0;
    cluster.network.send = (from, subject, message, replyTo) => {
      if (message.type === 'verdict.returned' && ++verdicts === 10) return;
      send(from, subject, message, replyTo);
    };
    cluster.finish(generation);
    // The next verdict tells that one is missing; the pass under way then ends, and all that is known comes at once.
    const times = generation.log.tokens.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(39);
    expect(Math.max(...gaps)).toBeLessThan(65);
    expectWhole(cluster, [generation]);
  });
});

describe('a worker that comes in the middle of a text', () => {
  it.each([
    ['target', 'none'],
    ['target', 'si'],
    ['target', 'dsi'],
    ['drafter', 'si'],
    ['drafter', 'dsi'],
  ] as const)('is told all after the prompt at once, and never asks for it (a %s, %s)', (role, mode) => {
    const cluster = start({ targets: 1 });
    const generation = cluster.generate({ mode, maxTokens: 60 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 10 });
    const [victim] = role === 'target' ? cluster.targets : cluster.drafters;
    victim?.kill();
    cluster.directory.remove(victim?.id ?? '');
    if (role === 'target') cluster.startTarget();
    else cluster.startDrafter();
    cluster.finish(generation);
    const resyncs = ['job.ended resync', 'draft.rejected resync'].map(
      (name) => cluster.counts.get(name) ?? 0,
    );
    expect(resyncs).toEqual([0, 0]);
    expectWhole(cluster, [generation]);
  });
});

describe('a lost connection', () => {
  function firstTokenMs(cluster: VirtualCluster, generation: VirtualGeneration): number {
    const startMs = cluster.scheduler.now();
    cluster.scheduler.run({ until: () => generation.log.tokens.length > 0, limitMs: startMs + 60_000 });
    return cluster.scheduler.now() - startMs;
  }

  it.each(['none', 'si', 'dsi'] as const)(
    'that is back lets a generation begin that was asked for meanwhile (%s)',
    (mode) => {
      const cluster = start();
      cluster.gateway.disconnect();
      cluster.runFor(100);
      const generation = cluster.generate({ mode, maxTokens: 20 });
      cluster.runFor(200);
      cluster.gateway.reconnect();
      // One round to be granted a session, the prompt's pass and the first verdict's.
      expect(firstTokenMs(cluster, generation)).toBeLessThan(50);
      cluster.finish(generation);
      expectWhole(cluster, [generation]);
    },
  );

  it('is not held against the mode that it interrupted, where modes are measured', () => {
    const cluster = start({ targets: 1, sharedHost: true });
    const generation = cluster.generate({ mode: 'auto', maxTokens: 640 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 600 });
    cluster.gateway.disconnect();
    cluster.runFor(5_000);
    cluster.gateway.reconnect();
    const { plan } = cluster.finish(generation).result.speculation;
    const measured = [...plan.reason.matchAll(/(?:none|si|dsi) ([\d.]+)/g)].map(([, ms]) => Number(ms));
    expect(measured.length).toBe(3);
    expect(Math.max(...measured)).toBeLessThan(22);
    expectWhole(cluster, [generation]);
  });

  it('that is back lets one go on opening sessions that was about to', () => {
    const cluster = start();
    const generation = cluster.generate({ maxTokens: 20 });
    cluster.gateway.disconnect();
    cluster.runFor(200);
    cluster.gateway.reconnect();
    expect(firstTokenMs(cluster, generation)).toBeLessThan(50);
    cluster.finish(generation);
    expectWhole(cluster, [generation]);
  });

  it.each([
    ['the gateway', 0, 40],
    ['the gateway, and a while later of its workers', 300, 800],
  ])(
    'of %s does not keep the slots of generations that were cancelled meanwhile',
    (_whose, laterMs, mostMs) => {
      const cluster = start({ slots: 2, leaseMs: 30_000, patienceMs: 60_000 });
      const left = [1, 2].map(() => cluster.generate({ maxTokens: 400 }));
      cluster.runFor(300);
      const workers = laterMs > 0 ? cluster.workers : [];
      for (const { bus } of [{ bus: cluster.gateway }, ...workers]) bus.disconnect();
      cluster.runFor(50);
      for (const generation of left) generation.cancel();
      cluster.runFor(200);
      cluster.gateway.reconnect();
      cluster.runFor(laterMs);
      for (const { bus } of workers) bus.reconnect();
      cluster.runFor(10);
      const generation = cluster.generate({ maxTokens: 20 });
      expect(firstTokenMs(cluster, generation)).toBeLessThan(mostMs);
      cluster.finish(generation);
      expectWhole(cluster, [generation]);
    },
  );
});

describe('several generations at once', () => {
  it('share targets, say what each would say alone, and none starves', () => {
    const cluster = start({ targets: 3 });
    const generations = (['none', 'si', 'dsi', 'dsi', 'none', 'si'] as const).map((mode, index) =>
      cluster.generate({ mode, seed: index, maxTokens: 50, promptTokenIds: [index, 1, 2] }),
    );
    const alone = 50 * 20;
    for (const generation of generations) cluster.finish(generation);
    expect(cluster.scheduler.now()).toBeLessThan((alone * generations.length) / 3 + alone);
    expectWhole(cluster, generations);
  });

  it.each(['none', 'si', 'dsi'] as const)(
    'on one target go on together (%s beside plain decoding)',
    (mode) => {
      const cluster = start({ targets: 1 });
      const first = cluster.generate({ mode: 'none', maxTokens: 400 });
      cluster.runFor(500);
      const before = cluster.scheduler.now();
      const second = cluster.generate({ mode, maxTokens: 30 });
      cluster.scheduler.run({ until: () => second.log.tokens.length > 0 });
      // The pass under way, the prompt, the first verdict, each perhaps after one of the other's.
      expect(cluster.scheduler.now() - before).toBeLessThan(6 * 20);
      const firstThen = first.log.tokens.length;
      cluster.finish(second);
      const gained = first.log.tokens.length - firstThen;
      expect(cluster.scheduler.now() - before).toBeLessThan(2.2 * 32 * 20);
      expect(gained).toBeGreaterThan(5);
      cluster.finish(first);
      expectWhole(cluster, [first, second]);
    },
  );

  it('that need one target each take different ones', () => {
    const cluster = start({ targets: 4 });
    const generations = [1, 2, 3, 4].map((seed) => cluster.generate({ mode: 'none', seed, maxTokens: 40 }));
    for (const generation of generations) cluster.finish(generation);
    expect(cluster.scheduler.now()).toBeLessThan(42 * 20);
    expectWhole(cluster, generations);
  });

  it('survive one whose controller breaks: it fails, and its targets are free', () => {
    let broken = 0;
    const cluster = start({
      targets: 1,
      trace: (event) => {
        if (event.kind !== 'commit' || event.generation !== 'broken' || ++broken < 5) return;
        throw new Error('no disk space');
      },
    });
    const bad = cluster.generate({ id: 'broken', maxTokens: 60 });
    const good = cluster.generate({ maxTokens: 60 });
    expect(cluster.finish(bad)).toMatchObject({ outcome: 'failed', error: { code: 'worker_failed' } });
    cluster.finish(good);
    expectWhole(cluster, [good]);
  });
});

describe('the end', () => {
  it.each(['none', 'si', 'dsi'] as const)('closes what the trace says of a generation, once (%s)', (mode) => {
    const trace: TraceEvent[] = [];
    const cluster = start({ trace: (event) => trace.push(event) });
    const atMs = cluster.scheduler.now();
    const { generation } = runOne(cluster, { mode, maxTokens: 12 });
    const wholes = trace.filter(({ kind }) => kind === 'generation');
    const data = { mode, outcome: 'completed', finishReason: 'length', tokens: 12 };
    expect(wholes).toMatchObject([{ track: 'controller', startMs: atMs, data }]);
    const commits = trace.filter(({ kind }) => kind === 'commit');
    expect(wholes[0]?.endMs).toBe(commits.at(-1)?.startMs);
    expect(wholes[0]?.generation).toBe(generation.request.id);
  });

  it.each(['none', 'si', 'dsi'] as const)('comes at one token, from a prompt of one (%s)', (mode) => {
    const cluster = start();
    const { generation, result } = runOne(cluster, { mode, maxTokens: 1, promptTokenIds: [7] });
    expect(result).toMatchObject({
      finishReason: 'length',
      timings: { predictedTokens: 1, promptTokens: 1 },
    });
    expectWhole(cluster, [generation]);
  });

  it.each(['none', 'si', 'dsi'] as const)('comes at an end token (%s)', (mode) => {
    const cluster = start();
    const plain = runOne(cluster, { mode: 'none', maxTokens: 30 });
    const endTokenIds = tokensOf(plain.generation).slice(12, 13);
    const sampler = { ...plain.generation.request.sampler, endTokenIds };
    const { generation, result } = runOne(cluster, { mode, maxTokens: 30, sampler });
    expect(result.finishReason).toBe('stop');
    expect(tokensOf(generation).at(-1)).toBe(endTokenIds[0]);
    expectWhole(cluster, [plain.generation, generation]);
  });

  it.each(['none', 'si', 'dsi'] as const)('comes at a stop string (%s)', (mode) => {
    const cluster = start();
    const words = runOne(cluster, { mode: 'none', maxTokens: 30 }).generation.log.tokens.map(
      ({ text }) => text,
    );
    const stop = [words.slice(8, 10).join('')];
    const { generation, result } = runOne(cluster, { mode, maxTokens: 30, stop });
    expect(result.finishReason).toBe('stop');
    expect(generation.log.tokens.map(({ text }) => text).join('')).toBe(words.slice(0, 8).join(''));
    expect(cluster.shutDown()).toBe(true);
  });

  it('comes when it is cancelled, with what was committed', () => {
    const cluster = start();
    const generation = cluster.generate({ maxTokens: 500 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 20 });
    generation.cancel();
    const before = cluster.scheduler.now();
    expect(cluster.finish(generation).outcome).toBe('cancelled');
    expect(cluster.scheduler.now() - before).toBeLessThan(1);
    expect(tokensOf(generation)).toEqual(
      simReference(generation.request).slice(0, generation.log.tokens.length),
    );
    cluster.runFor(200);
    for (const worker of cluster.workers) expect(worker.sequences.closed).toBe(1);
    expect(cluster.shutDown()).toBe(true);
  });

  it('comes when somebody else cancels it over the bus', () => {
    const cluster = start();
    const generation = cluster.generate({ id: 'g', maxTokens: 500 });
    cluster.runFor(300);
    const stranger = cluster.network.connect('stranger');
    stranger.publish(cluster.subjects.generationControl('g'), {
      type: 'generation.cancelled',
      generation: 'other',
    });
    cluster.runFor(100);
    expect(generation.log.end).toBeUndefined();
    stranger.publish(cluster.subjects.generationControl('g'), {
      type: 'generation.cancelled',
      generation: 'g',
    });
    expect(cluster.finish(generation).outcome).toBe('cancelled');
    expect(cluster.shutDown()).toBe(true);
  });
});

describe('strangers on the bus', () => {
  it('change no token with verdicts for other paths, and are found out when they contradict', () => {
    const cluster = start();
    const generation = cluster.generate({ id: 'g', maxTokens: 60 });
    const stranger = cluster.network.connect('stranger');
    const say = (position: number, pathHash: string, token: number) =>
      stranger.publish(cluster.subjects.generationVerdicts('g'), {
        type: 'verdict.returned',
        generation: 'g',
        worker: 'target-1',
        job: 3,
        epoch: 0,
        position,
        ids: [token],
        pathHashes: [pathHash],
        startedAtMs: 0,
        forwardMs: 1,
        tokensIngested: 1,
        committedPosition: 0,
        done: true,
      });
    for (let position = 3; position < 60; position += 4) {
      cluster.runFor(20);
      say(position, '0123456789abcdef', 5);
    }
    const { result } = cluster.finish(generation);
    expect(result.speculation.staleVerdicts).toBeGreaterThan(5);
    expectWhole(cluster, [generation]);
  });

  it('fail the generation when a verdict for a committed path is another', () => {
    const cluster = start();
    const generation = cluster.generate({ id: 'g', maxTokens: 60 });
    cluster.scheduler.run({ until: () => generation.log.tokens.length >= 10 });
    const real = cluster.network.send.bind(cluster.network);
    let forged = false;
    cluster.network.send = (from, subject, message, replyTo) => {
      if (message.type !== 'verdict.returned' || forged) return real(from, subject, message, replyTo);
      forged = true;
      real(from, subject, message, replyTo);
      real(from, subject, { ...message, ids: message.ids.map((id) => (id + 1) % 100) }, replyTo);
    };
    expect(cluster.finish(generation)).toMatchObject({
      outcome: 'failed',
      error: { code: 'verdict_conflict' },
    });
    expect(forged).toBe(true);
    expect(tokensOf(generation)).toEqual(
      simReference(generation.request).slice(0, generation.log.tokens.length),
    );
  });
});

describe('targets of one name whose weights differ', () => {
  it.each(['none', 'si', 'dsi', 'auto'] as const)('never take part in one generation: %s', (mode) => {
    const cluster = start({ targets: 1 });
    startOtherTarget(cluster);
    const generation = cluster.generate({ mode, maxTokens: 40 });
    // The one in use dies, and is back while the other one is idle.
    cluster.scheduler.schedule(300, () => {
      const [target] = cluster.targets;
      target?.kill();
      if (target !== undefined) cluster.directory.remove(target.id);
      cluster.scheduler.schedule(5000, () => cluster.startTarget());
    });
    const { result } = cluster.finish(generation);
    expect(tokensOf(generation)).toEqual(simReference(generation.request));
    expect(result.timings.predictedMs).toBeGreaterThan(5000);
  });

  it('fail a generation whose own ones never come back', () => {
    const cluster = start({ targets: 1 });
    startOtherTarget(cluster);
    const generation = cluster.generate({ mode: 'none', maxTokens: 40 });
    cluster.scheduler.schedule(300, () => cluster.directory.remove(cluster.targets[0]?.id ?? ''));
    const end = cluster.finish(generation);
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'no_worker' } });
    expect(tokensOf(generation)).toEqual(
      simReference(generation.request).slice(0, generation.log.tokens.length),
    );
  });
});

describe('a target whose slots are taken', () => {
  it('is waited for as long as it serves others', () => {
    const cluster = start({ targets: 1, slots: 1, patienceMs: 5000 });
    const first = cluster.generate({ mode: 'none', maxTokens: 1000 });
    cluster.runFor(100);
    const second = cluster.generate({ mode: 'none', maxTokens: 10 });
    expect(cluster.finish(second).outcome).toBe('completed');
    expectWhole(cluster, [first, second]);
  });

  it('is not waited for once it is gone', () => {
    const cluster = start({ targets: 1, slots: 1, patienceMs: 5000 });
    cluster.generate({ mode: 'none', maxTokens: 1000 });
    cluster.runFor(100);
    const second = cluster.generate({ mode: 'none', maxTokens: 10 });
    cluster.scheduler.schedule(8000, () => cluster.directory.remove(cluster.targets[0]?.id ?? ''));
    expect(cluster.finish(second)).toMatchObject({ outcome: 'failed', error: { code: 'no_worker' } });
  });
});
