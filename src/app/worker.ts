import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { CompiledWorkerOptions } from '../../infra/config/worker-options.js';
import { newWorkerId } from '../../infra/ids/random-ids.js';
import { connectNatsBus } from '../../infra/nats/connect-bus.js';
import { announceWorkerService } from '../../infra/nats/worker-service.js';
import { openParentLink, type ParentLink } from '../../infra/worker-process/parent-link.js';
import { errorMessage, SlipstreamError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { LoadedModel } from '../core/model.js';
import type { Scheduler } from '../core/scheduler.js';
import { createSubjects } from '../core/subjects.js';
import { openCharts } from './charts.js';
import { loadModel } from './load-model.js';
import { startWorkerHost, type WorkerHost } from './worker-host.js';

export interface WorkerDeps {
  readonly logger: Logger;
  /** Drains the worker. */
  readonly signal: AbortSignal;
}

/** `failed`: its parent knows why. */
export type WorkerEnd = 'drained' | 'failed';

/**
 * One worker process: loads its model, tests it, and only then connects and announces itself. Resolves when it has
 * drained after `signal`, or without draining when the process that started it is gone, and when it cannot run and that
 * process was told why: it says so to whoever asked.
 */
export async function runWorker(options: CompiledWorkerOptions, deps: WorkerDeps): Promise<WorkerEnd> {
  const scheduler = createRealScheduler();
  const parent = openParentLink(scheduler);
  try {
    await serve(options, deps, scheduler, parent);
    return 'drained';
  } catch (error) {
    const isExpected = error instanceof SlipstreamError;
    const code = isExpected ? error.code : 'internal';
    const isTold = await parent.tell({ type: 'worker.failed', code, message: errorMessage(error) });
    // A defect's stack goes to the log whoever knows of it.
    if (isTold && isExpected) return 'failed';
    throw error;
  }
}

async function serve(
  options: CompiledWorkerOptions,
  deps: WorkerDeps,
  scheduler: Scheduler,
  parent: ParentLink,
): Promise<void> {
  const workerId = newWorkerId(options.role);
  const logger = deps.logger.child({ worker: workerId });
  const loadingAtMs = scheduler.now();
  const model = await loadModel({ ...options, name: options.model, scheduler });
  logger.info(
    {
      model: model.info.name,
      numerics: model.info.numerics,
      loadMs: Math.round(scheduler.now() - loadingAtMs),
    },
    'model loaded',
  );
  const { nats } = options;
  const bus = await connectNatsBus(
    { ...nats, name: `slipstream-${workerId}`, pingIntervalMs: pingIntervalMs(model) },
    { logger, scheduler },
  );
  const subjects = createSubjects(nats.subjectPrefix);
  const service = await announceWorkerService(bus.controlConnection, {
    workerId,
    role: options.role,
    info: model.info,
    slots: options.slots,
    infoSubject: subjects.workerInfo(workerId),
  });
  const charts = openCharts(workerId, { bus, subjects, scheduler, logger });
  const host = startWorkerHost({
    role: options.role,
    model,
    ports: { workerId, bus, subjects, scheduler, logger },
    slots: options.slots,
    host: simulatesTime(model) ? workerId : options.hostName,
    owner: options.owner,
    charts,
  });
  await parent.tell({ type: 'worker.ready', worker: workerId });
  await untilTold(deps.signal, parent, host);
  host.stop();
  charts.close();
  await service.stop();
  await bus.close();
  await model.close();
}

/** Resolves when the worker has drained, or when nobody is left to serve. */
function untilTold(signal: AbortSignal, parent: ParentLink, host: WorkerHost): Promise<void> {
  return new Promise((resolve) => {
    parent.onGone(resolve);
    const drain = () => host.drain(resolve);
    if (signal.aborted) drain();
    else signal.addEventListener('abort', drain, { once: true });
  });
}

/** Twice the longest stretch in which a pass keeps the process from reading a pong. */
function pingIntervalMs(model: LoadedModel): number {
  const longest = Math.max(...model.info.forwardTimes.map(({ ms }) => ms));
  return Math.max(2000, 4 * longest);
}

/** A simulated pass uses no core, so that its host is not shared. */
function simulatesTime(model: LoadedModel): boolean {
  return model.info.fingerprint.startsWith('sim-');
}
