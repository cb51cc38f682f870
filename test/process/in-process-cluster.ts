import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { simTokenizer } from '../../infra/sim/words.js';
import { startGeneration } from '../../src/app/generation.js';
import { ReleasedLog } from '../../src/app/released-log.js';
import { WorkerDirectory } from '../../src/app/worker-directory.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import type { GenerationEnd } from '../../src/core/engine.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { createSubjects } from '../../src/core/subjects.js';
import { TargetPool } from '../../src/core/target-pool.js';

const realTime = createRealScheduler();

/** The whole pipeline in this process, in real time on the in-memory bus: for models that no option can ask for. */
export function openInProcessCluster(models: { target: LoadedModel; drafter: LoadedModel }) {
  const network = new MemoryNetwork({ scheduler: realTime, logger: silentLogger });
  const subjects = createSubjects();
  const common = { subjects, scheduler: realTime, logger: silentLogger };
  const gateway = network.connect('gateway');
  const directory = new WorkerDirectory({ bus: gateway, subjects, scheduler: realTime, accepts: () => true });
  const hosts = (['target', 'drafter'] as const).map((role) =>
    startWorkerHost({
      role,
      model: models[role],
      ports: { ...common, workerId: role, bus: network.connect(role) },
      slots: 4,
      host: role,
    }),
  );
  const pool = new TargetPool();
  return {
    run: (request: CompiledRequest): Promise<{ ids: number[]; end: GenerationEnd }> =>
      new Promise((resolve) => {
        const log = new ReleasedLog();
        startGeneration({
          request,
          ports: { ...common, bus: gateway },
          pool,
          directory,
          tokenizer: simTokenizer,
          raw: false,
          log,
          leaseMs: 30_000,
          patienceMs: 30_000,
          onEnd: () => {
            if (log.end !== undefined) resolve({ ids: log.tokens.map(({ token }) => token), end: log.end });
          },
        });
      }),
    close: async () => {
      // A target's actor takes one more turn of the event loop after its last verdict.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      for (const host of hosts) host.stop();
      directory.close();
    },
  };
}
