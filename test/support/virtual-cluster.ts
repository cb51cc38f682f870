import { MemoryNetwork, type MemoryNetworkOptions } from '../../infra/bus-memory/memory-network.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { simTokenizer } from '../../infra/sim/words.js';
import type { ActorInspector } from '../../src/app/actor-options.js';
import { startGeneration } from '../../src/app/generation.js';
import { WorkerDirectory } from '../../src/app/worker-directory.js';
import { startWorkerHost, type WorkerHost } from '../../src/app/worker-host.js';
import type { GenerationHandle } from '../../src/core/engine.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
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
  readonly faults?: MemoryNetworkOptions['faults'];
  readonly seed?: number;
  readonly trace?: TraceSink;
  readonly inspect?: ActorInspector;
}

export interface VirtualWorker extends WorkerHost {
  readonly id: string;
  kill(): void;
}

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
  const wait = (ms: number, done: () => void) => void scheduler.schedule(ms, done);
  let starts = 0;

  function startWorker(role: 'target' | 'drafter', url: string): VirtualWorker {
    const id = `${role}-${++starts}`;
    const bus = network.connect(id);
    const model = createSimModel({
      name: url,
      options: parseSimModel(url),
      recorded: undefined,
      scheduler,
      wait,
    });
    const ports = { workerId: id, bus, subjects, scheduler, logger: silentLogger };
    const host = startWorkerHost({ role, model, ports, slots: 64, host: id, inspect: options.inspect });
    return {
      ...host,
      id,
      kill: () => {
        bus.disconnect();
        host.stop();
      },
    };
  }

  const targets = Array.from({ length: options.targets }, () =>
    startWorker('target', `sim:target?ms=${options.targetMs}`),
  );
  const drafter =
    options.drafterMs === undefined
      ? undefined
      : startWorker('drafter', `sim:drafter?ms=${options.drafterMs}&acceptance=${options.acceptance ?? 0.8}`);

  function generate(request: Partial<CompiledRequest>): GenerationHandle {
    const promptTokenIds = request.promptTokenIds ?? [1, 2, 3];
    return startGeneration({
      request: {
        id: `g${++starts}`,
        promptTokenIds,
        sampler: { ...neutralSampler, promptLength: promptTokenIds.length },
        seed: 1,
        maxTokens: 64,
        stop: [],
        mode: 'dsi',
        lookahead: undefined,
        targets: undefined,
        ...request,
      },
      ports: { bus: gateway, subjects, scheduler, logger: silentLogger },
      pool,
      directory,
      tokenizer: simTokenizer,
      model: 'sim',
      drafter: 'sim',
      raw: false,
      leaseMs: 10_000,
      patienceMs: 30_000,
      trace: options.trace,
      inspect: options.inspect,
      onEnd: () => {},
    });
  }

  return {
    scheduler,
    network,
    gateway,
    directory,
    pool,
    targets,
    drafter,
    startWorker,
    generate,
    /** Runs until the generation has ended; throws past `limitMs` of virtual time. */
    finish: (handle: GenerationHandle, limitMs = 600_000) => {
      const ended = scheduler.run({ until: () => handle.log.end !== undefined, limitMs });
      if (!ended || handle.log.end === undefined) throw new Error(`generation ${handle.id} did not end`);
      return handle.log.end;
    },
  };
}
