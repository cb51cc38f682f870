import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { createSubjects } from '../../src/core/subjects.js';
import { connectTestBus } from '../../test/support/nats.js';

export interface ReplayHost {
  /** What an engine calls this drafter. */
  readonly model: string;
  stop(): Promise<void>;
}

/**
 * A drafter on a real nats-server that replays, with the given acceptance, the record of whatever generation it is
 * opened for, known by its seed. `sim:drafter?replay=FILE` knows one record only.
 */
export async function startReplayHost(
  server: EmbeddedServer,
  acceptance: number,
  records: ReadonlyMap<number, readonly number[]>,
): Promise<ReplayHost> {
  const scheduler = createRealScheduler();
  const name = `sim:drafter?ms=0.2&acceptance=${acceptance}&replay=by-seed`;
  const workerId = `replay-${String(acceptance).replace('.', '_')}`;
  const replaying = (recorded: readonly number[]): LoadedModel =>
    createSimModel({
      name,
      options: parseSimModel(name),
      recorded,
      scheduler,
      wait: (_ms, done) => void scheduler.schedule(0, done),
    });
  const model: LoadedModel = {
    ...replaying([]),
    openSequence: (options) => replaying(records.get(options.seed) ?? []).openSequence(options),
  };
  const bus = await connectTestBus(server);
  const ports = { workerId, bus, subjects: createSubjects(), scheduler, logger: silentLogger };
  const host = startWorkerHost({ role: 'drafter', model, ports, slots: 16, host: workerId });
  return {
    model: name,
    stop: async () => {
      host.stop();
      await bus.close();
    },
  };
}
