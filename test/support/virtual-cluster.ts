import type { MemoryEndpoint } from '../../infra/bus-memory/memory-endpoint.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../infra/bus-memory/memory-network.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { simTokenizer } from '../../infra/sim/words.js';
import type { ActorInspector } from '../../src/app/actor-options.js';
import { startGeneration } from '../../src/app/generation.js';
import { ReleasedLog } from '../../src/app/released-log.js';
import { WorkerDirectory } from '../../src/app/worker-directory.js';
import { startWorkerHost, type WorkerHost } from '../../src/app/worker-host.js';
import type { GenerationEnd } from '../../src/core/engine.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { createSubjects } from '../../src/core/subjects.js';
import { TargetPool } from '../../src/core/target-pool.js';
import type { TraceSink } from '../../src/core/trace.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';

export interface VirtualClusterOptions {
  readonly targets: number;
  readonly targetMs: number;
  readonly drafterMs?: number;
  readonly acceptance?: number;
  /** Sessions per worker. Default 64. */
  readonly slots?: number;
  /** Workers share one host. Default: each has its own. */
  readonly sharedHost?: boolean;
  readonly leaseMs?: number;
  readonly patienceMs?: number;
  readonly faults?: MemoryNetworkOptions['faults'];
  readonly seed?: number;
  readonly trace?: TraceSink;
  readonly inspect?: ActorInspector;
}

export interface VirtualGeneration {
  readonly request: CompiledRequest;
  readonly log: ReleasedLog;
  /** Times `onEnd` was called. */
  readonly ends: () => number;
  cancel(): void;
}

export interface VirtualWorker extends WorkerHost {
  readonly id: string;
  readonly role: 'target' | 'drafter';
  readonly bus: MemoryEndpoint;
  readonly sequences: { readonly opened: number; readonly closed: number };
  /** Or stopped. */
  readonly killed: () => boolean;
  /** The process is gone from one moment to the next. */
  kill(): void;
  /** The process stands still: passes under way go on until then. */
  pauseUntil(atMs: number): void;
}

export type VirtualCluster = ReturnType<typeof createVirtualCluster>;

/** Gateway, drafter and targets in virtual time: the production actors on the in-memory bus with sim models. */
export function createVirtualCluster(options: VirtualClusterOptions) {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({
    scheduler,
    seed: options.seed ?? 1,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const subjects = createSubjects();
  const gateway = network.connect('gateway');
  const pool = new TargetPool();
  const directory = new WorkerDirectory({ bus: gateway, subjects, scheduler, accepts: () => true });
  const workers: VirtualWorker[] = [];
  const generations: VirtualGeneration[] = [];
  let starts = 0;

  function startWorker(role: 'target' | 'drafter', url: string): VirtualWorker {
    const id = `${role}-${++starts}`;
    const bus = network.connect(id);
    let pausedUntilMs = 0;
    let killed = false;
    /** A pass goes on for as long as the process is stopped. */
    const wait = (ms: number, done: () => void): void => {
      scheduler.schedule(ms, () => {
        if (killed) return;
        if (scheduler.now() < pausedUntilMs) wait(pausedUntilMs - scheduler.now(), done);
        else done();
      });
    };
    const sequences = { opened: 0, closed: 0 };
    const sim = createSimModel({
      name: url,
      options: parseSimModel(url),
      recorded: undefined,
      scheduler,
      wait,
    });
    const ports = { workerId: id, bus, subjects, scheduler, logger: silentLogger };
    const host = startWorkerHost({
      role,
      model: countSequences(sim, sequences),
      ports,
      slots: options.slots ?? 64,
      host: options.sharedHost ? 'shared' : id,
      inspect: options.inspect,
    });
    const worker: VirtualWorker = {
      ...host,
      id,
      role,
      bus,
      sequences,
      killed: () => killed,
      stop: () => {
        killed = true;
        host.stop();
      },
      kill: () => {
        bus.disconnect();
        worker.stop();
      },
      pauseUntil: (atMs) => {
        pausedUntilMs = atMs;
      },
    };
    workers.push(worker);
    return worker;
  }

  const startTarget = () => startWorker('target', `sim:target?ms=${options.targetMs}`);
  const startDrafter = (acceptance = options.acceptance ?? 0.8) =>
    startWorker('drafter', `sim:drafter?ms=${options.drafterMs ?? 2}&acceptance=${acceptance}`);

  const targets = Array.from({ length: options.targets }, startTarget);
  const drafter = options.drafterMs === undefined ? undefined : startDrafter();

  function generate(partial: Partial<CompiledRequest>): VirtualGeneration {
    const promptTokenIds = partial.promptTokenIds ?? [1, 2, 3];
    const request: CompiledRequest = {
      id: `g${generations.length + 1}`,
      promptTokenIds,
      sampler: { ...neutralSampler, promptLength: promptTokenIds.length },
      seed: 1,
      maxTokens: 64,
      stop: [],
      mode: 'dsi',
      lookahead: undefined,
      targets: undefined,
      ...partial,
    };
    const log = new ReleasedLog();
    let ends = 0;
    const running = startGeneration({
      request,
      ports: { bus: gateway, subjects, scheduler, logger: silentLogger },
      pool,
      directory,
      tokenizer: simTokenizer,
      raw: false,
      leaseMs: options.leaseMs ?? 10_000,
      patienceMs: options.patienceMs ?? 30_000,
      trace: options.trace,
      inspect: options.inspect,
      log,
      onEnd: () => {
        ends++;
      },
    });
    const generation = { request, log, ends: () => ends, cancel: running.cancel };
    generations.push(generation);
    return generation;
  }

  return {
    scheduler,
    network,
    subjects,
    gateway,
    directory,
    pool,
    targets,
    drafter,
    workers,
    generations,
    startWorker,
    startTarget,
    startDrafter,
    generate,
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
    /** Runs until the generation has ended; throws past `limitMs` of virtual time. */
    finish: (generation: VirtualGeneration, limitMs = 600_000): GenerationEnd => {
      scheduler.run({ until: () => generation.log.end !== undefined, limitMs });
      if (generation.log.end === undefined)
        throw new Error(`generation ${generation.request.id} did not end`);
      return generation.log.end;
    },
    /** Ends everything that repeats by itself; false when something goes on for ever all the same. */
    shutDown: () => {
      for (const worker of workers) worker.stop();
      directory.close();
      return scheduler.run({ limitMs: scheduler.now() + 120_000 });
    },
  };
}

export function tokensOf(generation: VirtualGeneration): number[] {
  return generation.log.tokens.map(({ token }) => token);
}

function countSequences(model: LoadedModel, count: { opened: number; closed: number }): LoadedModel {
  return {
    info: model.info,
    close: () => model.close(),
    openSequence: (options) => {
      const sequence = model.openSequence(options);
      count.opened++;
      let open = true;
      return {
        get length() {
          return sequence.length;
        },
        crop: (length) => sequence.crop(length),
        forward: (tokens, want, done) => sequence.forward(tokens, want, done),
        close: () => {
          if (open) count.closed++;
          open = false;
          sequence.close();
        },
      };
    },
  };
}
