import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { simTokenizer } from '../../infra/sim/words.js';
import { connectClosedSessions } from '../../src/app/connect-closed-sessions.js';
import { startGeneration } from '../../src/app/generation.js';
import { ReleasedLog } from '../../src/app/released-log.js';
import { WorkerDirectory } from '../../src/app/worker-directory.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import { AcceptanceBooks } from '../../src/core/acceptance-book.js';
import type { GenerationEnd } from '../../src/core/engine.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { createSubjects } from '../../src/core/subjects.js';
import { TargetPool } from '../../src/core/target-pool.js';

const realTime = createRealScheduler();

/**
 * The whole pipeline in this process, in real time on the in-memory bus: for models that no option can ask for.
 * Several targets share one model in memory, each with sequences of its own.
 */
export function openInProcessCluster(models: {
  target: LoadedModel;
  drafter: LoadedModel;
  targets?: number;
}) {
  const network = new MemoryNetwork({ scheduler: realTime, logger: silentLogger });
  const subjects = createSubjects();
  const common = { subjects, scheduler: realTime, logger: silentLogger };
  const gateway = network.connect('gateway');
  const directory = new WorkerDirectory({ bus: gateway, subjects, scheduler: realTime, accepts: () => true });
  const startHost = (role: 'target' | 'drafter', workerId: string) =>
    startWorkerHost({
      role,
      model: models[role],
      ports: { ...common, workerId, bus: network.connect(workerId) },
      slots: 4,
      host: workerId,
    });
  const targetIds = Array.from({ length: models.targets ?? 1 }, (_, index) => `target-${index}`);
  const hosts = [...targetIds.map((id) => startHost('target', id)), startHost('drafter', 'drafter')];
  const pool = new TargetPool();
  const closedSessions = connectClosedSessions({ ...common, bus: gateway }, directory, 30_000);
  return {
    run: (request: CompiledRequest): Promise<{ ids: number[]; end: GenerationEnd }> =>
      new Promise((resolve) => {
        const log = new ReleasedLog();
        startGeneration({
          request,
          ports: { ...common, bus: gateway },
          pool,
          acceptance: new AcceptanceBooks(),
          closedSessions,
          workers: directory,
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
