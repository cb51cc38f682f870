import type { MemoryEndpoint } from '../../../infra/bus-memory/memory-endpoint.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../../infra/bus-memory/memory-network.js';
import { simTokenizer } from '../../../infra/sim/words.js';
import { AcceptanceBooks } from '../../core/acceptance-book.js';
import type { CompiledRequest } from '../../core/generation.js';
import { type Logger, silentLogger } from '../../core/logger.js';
import { neutralSampler } from '../../core/sampler-parameters.js';
import { createSubjects } from '../../core/subjects.js';
import { TargetPool } from '../../core/target-pool.js';
import type { TraceSink } from '../../core/trace.js';
import { VirtualScheduler } from '../../core/virtual-scheduler.js';
import type { ActorInspector } from '../actor-options.js';
import { connectClosedSessions } from '../connect-closed-sessions.js';
import { startGeneration } from '../generation.js';
import { ReleasedLog } from '../released-log.js';
import { TargetPin } from '../target-pin.js';
import { WorkerDirectory } from '../worker-directory.js';
import { Pipelines } from './pipelines.js';
import { type EquipWorker, startVirtualWorker, type VirtualWorker } from './virtual-worker.js';

export interface VirtualClusterOptions {
  /** A simulated target as `sim:target?...` describes it, and how many of them, 0 or more. */
  readonly target: string;
  readonly targets: number;
  /** `sim:drafter?...`; equal ones stand by for each other. */
  readonly drafters: readonly string[];
  /** Stages of each target, at least 1: it then counts for so many targets that share one pipeline. Default 1. */
  readonly stages?: number;
  /** Sessions per worker. Default 64. */
  readonly slots?: number;
  /** The id of the worker that is started as the `place`th, counted from 1. Default `<role>-<place>`. */
  readonly nameWorker?: (role: 'target' | 'drafter', place: number) => string;
  /** Workers share one host. Default: each has its own. */
  readonly sharedHost?: boolean;
  /** Milliseconds. Default 10,000. */
  readonly leaseMs?: number;
  /** Milliseconds. Default 30,000. */
  readonly patienceMs?: number;
  readonly faults?: MemoryNetworkOptions['faults'];
  /** Decides faults and pass times. Default 1. */
  readonly seed?: number;
  /** What workers run instead of the simulated models. Default: these themselves. */
  readonly equip?: EquipWorker;
  readonly trace?: TraceSink;
  readonly inspect?: ActorInspector;
  /** What workers log. Default: nothing is. */
  readonly logger?: Logger;
}

export interface VirtualGeneration {
  readonly request: CompiledRequest;
  readonly log: ReleasedLog;
  /** Times `onEnd` was called. */
  readonly ends: () => number;
  cancel(): void;
}

/** Gateways, drafters and targets in virtual time: the production actors on the in-memory bus with simulated models. */
export function createVirtualCluster(options: VirtualClusterOptions) {
  const scheduler = new VirtualScheduler();
  const seed = options.seed ?? 1;
  const { faults, leaseMs = 10_000, nameWorker = (role, place) => `${role}-${place}` } = options;
  const network = new MemoryNetwork({ scheduler, seed, ...(faults === undefined ? {} : { faults }) });
  const subjects = createSubjects();
  const workers: VirtualWorker[] = [];
  const generations: VirtualGeneration[] = [];
  const pipelines = new Pipelines(options.stages ?? 1, scheduler);

  /** A gateway that knows nothing of the others. */
  function openGateway(name: string) {
    const bus = network.connect(name);
    const directory = new WorkerDirectory({ bus, subjects, scheduler, accepts: () => true });
    const pin = new TargetPin({ directory, logger: silentLogger, isOwn: () => false, startsTargets: false });
    const closedSessions = connectClosedSessions({ bus, subjects, scheduler }, directory, leaseMs);
    const acceptance = new AcceptanceBooks();
    return { bus, directory, pin, closedSessions, pool: new TargetPool(), acceptance };
  }

  const gateway = openGateway('gateway');

  function startWorker(role: 'target' | 'drafter', url: string): VirtualWorker {
    const id = nameWorker(role, workers.length + 1);
    const worker = startVirtualWorker({
      id,
      role,
      url,
      network,
      subjects,
      scheduler,
      logger: options.logger ?? silentLogger,
      seed: seed * 1000 + workers.length,
      slots: options.slots ?? 64,
      host: options.sharedHost ? 'shared' : id,
      inspect: options.inspect,
      equip: options.equip,
      enter: role === 'target' ? pipelines.place() : undefined,
    });
    workers.push(worker);
    return worker;
  }

  const startTarget = () => startWorker('target', options.target);
  const startDrafter = (url = options.drafters[0] ?? 'sim:drafter') => startWorker('drafter', url);

  const targets = Array.from({ length: options.targets * (options.stages ?? 1) }, startTarget);
  const drafters = options.drafters.map((url) => startDrafter(url));

  function generate(partial: Partial<CompiledRequest>, from = gateway): VirtualGeneration {
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
      ports: { bus: from.bus, subjects, scheduler, logger: silentLogger },
      pool: from.pool,
      acceptance: from.acceptance,
      closedSessions: from.closedSessions,
      workers: from.pin.forGeneration(),
      tokenizer: simTokenizer,
      raw: false,
      leaseMs,
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
    gateway: gateway.bus as MemoryEndpoint,
    directory: gateway.directory,
    pool: gateway.pool,
    targets,
    drafters,
    workers,
    generations,
    openGateway,
    startWorker,
    startTarget,
    startDrafter,
    generate,
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
    /** Ends everything that repeats by itself; false when something goes on for ever all the same. */
    shutDown: () => {
      for (const worker of workers) worker.stop();
      gateway.directory.close();
      return scheduler.run({ limitMs: scheduler.now() + 120_000 });
    },
  };
}
