import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { compileWorkerOptions } from '../../infra/config/worker-options.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { type LocalWorker, startLocalWorker } from '../../src/app/local-workers.js';
import { silentLogger } from '../../src/core/logger.js';
import { createEngine, type Engine, type EngineHooks, type EngineOptions } from '../../src/index.js';
import { startTestServer } from '../support/nats.js';

export interface WorkerFleet {
  readonly server: EmbeddedServer;
  /** Starts a worker process; resolves when it serves. */
  start(role: 'target' | 'drafter', model: string): Promise<LocalWorker>;
  /** An engine that starts no workers but finds these. */
  engine(options: EngineOptions & EngineHooks): Promise<Engine>;
  /** Ends engines, workers and server. */
  close(): Promise<void>;
}

/** One nats-server and worker processes around it that many engines share: a process start costs a second. */
export async function startWorkerFleet(): Promise<WorkerFleet> {
  const server = await startTestServer();
  const workers: LocalWorker[] = [];
  const engines: Engine[] = [];
  const connection = { natsUrl: [server.url], natsUser: server.user, natsPassword: server.password };
  return {
    server,
    start: async (role, model) => {
      const worker = startLocalWorker(compileWorkerOptions({ role, model, threads: 1, ...connection }), {
        scheduler: createRealScheduler(),
        logger: silentLogger,
        keeper: { watchProcess: () => {}, unwatchProcess: () => {} },
        onDown: () => {},
        onGivenUp: () => {},
        silence: { watch: () => () => {} },
      });
      workers.push(worker);
      await worker.ready;
      return worker;
    },
    engine: async (options) => {
      const engine = await createEngine({ ...options, ...connection });
      engines.push(engine);
      return engine;
    },
    close: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await Promise.all(workers.map((worker) => worker.stop()));
      await server.stop();
    },
  };
}
