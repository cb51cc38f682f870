import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { startWorkerHost } from '../../src/app/worker-host.js';
import { silentLogger } from '../../src/core/logger.js';
import type { LoadedModel } from '../../src/core/model.js';
import { createSubjects } from '../../src/core/subjects.js';
import { connectTestBus } from './nats.js';

/**
 * What a replay drafts of a text that is known: every token right, 70 % of them, none, the text's own tokens in another
 * order (right by chance), or nothing at all.
 */
export const REPLAYS = ['right', 'mixed', 'wrong', 'random', 'empty'] as const;
export type Replay = (typeof REPLAYS)[number];

const ACCEPTANCE: Readonly<Record<Replay, number>> = { right: 1, mixed: 0.7, wrong: 0, random: 1, empty: 1 };

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
  const name = `sim:drafter?ms=0.2&acceptance=${ACCEPTANCE[replay]}&replay=${replay}`;
  const workerId = `replay-${replay}`;
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
    openSequence: (options) =>
      replaying(drafts(replay, records.get(options.seed) ?? [])).openSequence(options),
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

function drafts(replay: Replay, record: readonly number[]): readonly number[] {
  if (replay === 'empty') return [];
  // A step that shares no divisor with the length takes each token once, far from its place.
  const step = [61, 67, 71].find((prime) => record.length % prime !== 0) ?? 1;
  return replay === 'random' ? record.map((_, i) => record[(i * step + 7) % record.length] ?? 0) : record;
}
