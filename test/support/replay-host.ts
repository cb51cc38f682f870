import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { createSubjects } from '../../src/core/subjects.js';
import { connectTestBus } from './nats.js';
import { createReplay, type Replay, replayName } from './replays.js';

export interface ReplayHost {
  /** What an engine calls this drafter. */
  readonly model: string;
  stop(): Promise<void>;
}

/**
 * A drafter on a real nats-server that replays the record of whatever generation it is opened for, known by its seed.
 * `sim:drafter?replay=FILE` knows one record only.
 */
export async function startReplayHost(
  server: EmbeddedServer,
  replay: Replay,
  records: ReadonlyMap<number, readonly number[]>,
): Promise<ReplayHost> {
  const scheduler = createRealScheduler();
  const name = replayName(replay);
  const workerId = `replay-${replay}`;
  const model: LoadedModel = {
    ...createReplay(replay, []),
    openSequence: (options) => createReplay(replay, records.get(options.seed) ?? []).openSequence(options),
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
