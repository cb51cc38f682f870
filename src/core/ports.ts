import type { Bus } from './bus.js';
import type { Logger } from './logger.js';
import type { Scheduler } from './scheduler.js';
import type { Subjects } from './subjects.js';

/** The world as an actor sees it. */
export interface ActorPorts {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

export interface WorkerPorts extends ActorPorts {
  /** Unique per start of the worker. */
  readonly workerId: string;
}
