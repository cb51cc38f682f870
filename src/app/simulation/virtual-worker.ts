import type { MemoryEndpoint } from '../../../infra/bus-memory/memory-endpoint.js';
import type { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { createSimModel, type PassWait } from '../../../infra/sim/sim-model.js';
import { parseSimModel } from '../../../infra/sim/sim-options.js';
import type { Logger } from '../../core/logger.js';
import type { LoadedModel } from '../../core/model.js';
import type { Scheduler } from '../../core/scheduler.js';
import { createSeededRandom } from '../../core/seeded-random.js';
import type { Subjects } from '../../core/subjects.js';
import type { VirtualScheduler } from '../../core/virtual-scheduler.js';
import type { ActorInspector } from '../actor-options.js';
import { readSimRecords } from '../sim-records.js';
import { startWorkerHost, type WorkerHost } from '../worker-host.js';
import type { EnterPipeline } from './pipelines.js';

/** Makes a worker's model out of the simulated one. */
export type EquipWorker = (model: LoadedModel, scheduler: Scheduler) => LoadedModel;

export interface VirtualWorkerOptions {
  readonly id: string;
  readonly role: 'target' | 'drafter';
  /** `sim:...` */
  readonly url: string;
  readonly network: MemoryNetwork;
  readonly subjects: Subjects;
  readonly scheduler: VirtualScheduler;
  readonly logger: Logger;
  readonly seed: number;
  readonly slots: number;
  readonly host: string;
  readonly inspect: ActorInspector | undefined;
  /** What it runs instead of the simulated model. Undefined: that itself. */
  readonly equip: EquipWorker | undefined;
  /** Undefined: a pass begins when it is asked for. */
  readonly enter: EnterPipeline | undefined;
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

/** A worker process in virtual time: the production actor with a simulated model. */
export function startVirtualWorker(options: VirtualWorkerOptions): VirtualWorker {
  const { id, role, url, network, subjects, scheduler, logger, enter } = options;
  const bus = network.connect(id);
  let pausedUntilMs = 0;
  let killed = false;
  const wait: PassWait = (ms, done) => {
    const beginsInMs = enter?.(ms) ?? 0;
    const beganAtMs = scheduler.now() + beginsInMs;
    const end = (): void => {
      if (killed) return;
      if (scheduler.now() < pausedUntilMs) scheduler.schedule(pausedUntilMs - scheduler.now(), end);
      else done(beganAtMs);
    };
    scheduler.schedule(beginsInMs + ms, end);
  };
  const sequences = { opened: 0, closed: 0 };
  const simOptions = parseSimModel(url);
  const sim = createSimModel({
    name: url,
    options: simOptions,
    ...readSimRecords(simOptions),
    scheduler,
    wait,
    slots: options.slots,
    random: createSeededRandom(options.seed),
  });
  const host = startWorkerHost({
    role,
    model: countSequences(options.equip?.(sim, scheduler) ?? sim, sequences),
    ports: { workerId: id, bus, subjects, scheduler, logger },
    slots: options.slots,
    host: options.host,
    inspect: options.inspect,
  });
  const stop = (): void => {
    killed = true;
    host.stop();
  };
  return {
    drain: host.drain,
    stop,
    id,
    role,
    bus,
    sequences,
    killed: () => killed,
    kill: () => {
      bus.disconnect();
      stop();
    },
    pauseUntil: (atMs) => {
      pausedUntilMs = atMs;
    },
  };
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
