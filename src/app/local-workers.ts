import { createActor } from 'xstate';
import { workerSupervisorMachine } from '../../actors/worker-supervisor/machine.js';
import { workerEnvironment } from '../../infra/config/worker-environment.js';
import type { CompiledWorkerOptions } from '../../infra/config/worker-options.js';
import { createLineForwarder } from '../../infra/log/forward-lines.js';
import { spawnWorker } from '../../infra/worker-process/spawn-worker.js';
import { WorkerFailedError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Cancel, Scheduler } from '../core/scheduler.js';
import { type ActorCharts, type ActorInspector, actorOptions } from './actor-options.js';
import type { SilenceWatch } from './silence-watch.js';

/** Where the processes that this one starts are noted, so that none outlives it. */
export interface ProcessNotes {
  watchProcess(pid: number): void;
  unwatchProcess(pid: number): void;
}

export interface LocalWorkersDeps {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly keeper: ProcessNotes;
  readonly onDown: (worker: string) => void;
  /** It is not started again; after `onDown`. */
  readonly onGivenUp: () => void;
  readonly silence: Pick<SilenceWatch, 'watch'>;
  readonly inspect?: ActorInspector | undefined;
  readonly charts?: ActorCharts | undefined;
}

/** One worker process under its supervisor. */
export interface LocalWorker {
  /** Resolves when it is up for the first time; rejects with WorkerFailedError when it was given up. */
  readonly ready: Promise<void>;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const MAIN_MODULE = new URL('./cli/main.js', import.meta.url);

/** Starts `slipstream worker` as a child, with the same options that an operator would give on another host. */
export function startLocalWorker(options: CompiledWorkerOptions, deps: LocalWorkersDeps): LocalWorker {
  const { scheduler, logger, keeper } = deps;
  const forwardLines = createLineForwarder(logger);
  let pid: number | undefined;
  let wasUp = false;
  let stopWatching: Cancel = () => {};
  let up: () => void = () => {};
  let givenUp: (error: WorkerFailedError) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    up = resolve;
    givenUp = reject;
  });
  ready.catch(() => {});
  const actor = createActor(workerSupervisorMachine, {
    ...actorOptions(scheduler, deps.inspect),
    id: `supervisor-${options.role}`,
    input: {
      launch: (report) => {
        const child = spawnWorker({
          mainModule: MAIN_MODULE,
          environment: workerEnvironment(options),
          onLog: forwardLines,
          report: (event) => {
            if (event.type === 'child.exited' && child.pid !== undefined) keeper.unwatchProcess(child.pid);
            report(event);
          },
        });
        pid = child.pid;
        if (pid !== undefined) keeper.watchProcess(pid);
        return child;
      },
      onUp: (worker) => {
        wasUp = true;
        stopWatching = deps.silence.watch(worker, () => actor.send({ type: 'worker.silent' }));
        up();
      },
      onDown: (worker, reason, isFinal) => {
        pid = undefined;
        stopWatching();
        const data = { worker, role: options.role, reason };
        if (!isFinal) logger.warn(data, 'worker ended');
        // One that was never up fails whoever waits for it, with the same reason.
        else logger[wasUp ? 'error' : 'debug'](data, 'worker is given up');
        if (worker !== undefined) deps.onDown(worker);
        if (isFinal) deps.onGivenUp();
      },
    },
  });
  const leaveCharts = deps.charts?.enrol(actor, () => ({
    role: options.role,
    model: options.model,
    worker: actor.getSnapshot().context.worker ?? 'none yet',
    crashes: actor.getSnapshot().context.crashes,
    ...(pid !== undefined && { pid }),
  }));
  const stopped = new Promise<void>((resolve) => {
    actor.subscribe({
      complete: () => {
        stopWatching();
        leaveCharts?.();
        const lastError = actor.getSnapshot().output?.lastError ?? 'it was stopped';
        givenUp(new WorkerFailedError(`${options.role} ${options.model} does not run: ${lastError}`));
        resolve();
      },
    });
  });
  actor.start();
  return {
    ready,
    get pid() {
      return pid;
    },
    stop: () => {
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'worker.stop' });
      return stopped;
    },
  };
}
