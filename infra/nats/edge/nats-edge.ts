import type { GenerationService } from '../../../src/core/engine.js';
import { errorMessage } from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Scheduler } from '../../../src/core/scheduler.js';
import { createSubjects } from '../../../src/core/subjects.js';
import type { FollowLog } from '../../gateway/connection.js';
import type { Leases } from '../../gateway/leases.js';
import type { NatsConnectionOptions } from '../connection-options.js';
import { openJetStream } from '../jobs/job-consumer.js';
import { JobTaker } from '../jobs/job-taker.js';
import type { NatsLink } from '../nats-link.js';
import { Answers } from './answers.js';
import { EdgeLine } from './edge-line.js';
import { announceGatewayService } from './gateway-service.js';

export interface NatsEdgeOptions {
  readonly nats: NatsConnectionOptions;
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly leases: Leases;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Names a request in answers and in the log. */
  newRequestId(): string;
  /** Durable jobs taken at a time; 0: none are. */
  readonly jobs: number;
  /** How long a drain lets running generations finish, milliseconds. */
  readonly drainMs: number;
}

export interface NatsEdge {
  /** Takes no further request; settles when all were answered, or `drainMs` later. */
  drain(): Promise<void>;
  /** Drains, tells whoever is still being answered, and closes the connection. Twice is harmless. */
  close(): Promise<void>;
}

/** Where producers on NATS ask for generations. Throws NatsUnavailableError, also where jobs are to be taken without JetStream. */
export async function openNatsEdge(options: NatsEdgeOptions): Promise<NatsEdge> {
  const line = await EdgeLine.open(options.nats, options);
  try {
    return await openOn(line, options);
  } catch (error) {
    await line.link.close();
    throw error;
  }
}

async function openOn(line: EdgeLine, options: NatsEdgeOptions): Promise<NatsEdge> {
  const { nats, service, scheduler, logger, drainMs } = options;
  const { link } = line;
  const subjects = createSubjects(nats.subjectPrefix);
  const { model } = service.health();
  const jobs = options.jobs > 0 ? await takeJobs(link, options) : undefined;
  const answers = new Answers({ ...options, line, subjectPrefix: nats.subjectPrefix });
  const announced = await announceGatewayService(link.connection, {
    subjects,
    model,
    generate: (text, replySubject) => answers.create(text, replySubject),
    ended: (error) => {
      const problem = errorMessage(error ?? 'the connection is closed');
      logger.error({ problem }, 'requests over NATS are not taken any more');
    },
  });
  const stopResuming = link.subscribe(subjects.everyGenerationResume, (message) => {
    const id = message.subject.slice(message.subject.lastIndexOf('.') + 1);
    answers.resume(id, message.string(), message.reply);
  });
  // Whoever is told that it is open may ask at once.
  await link.connection.flush();
  const taken = [subjects.generate, subjects.generateWith(model), ...(jobs ? [subjects.jobs(model)] : [])];
  logger.info({ subjects: taken }, 'requests over NATS are taken');
  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  return {
    drain: () => {
      draining ??= drain();
      return draining;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };

  async function drain(): Promise<void> {
    const answered = Promise.all([announced.stop().then(() => answers.idle()), jobs?.drain()]);
    await new Promise<void>((resolve) => {
      const stopTimer = scheduler.schedule(drainMs, resolve);
      void answered.then(() => {
        stopTimer();
        resolve();
      });
    });
  }

  async function close(): Promise<void> {
    draining ??= drain();
    await draining;
    stopResuming();
    answers.close();
    await jobs?.close();
    await link.close();
  }
}

async function takeJobs(link: NatsLink, options: NatsEdgeOptions): Promise<JobTaker> {
  const { nats, jobs, ...ports } = options;
  const manager = await openJetStream(link.connection);
  return await JobTaker.start({ ...ports, link, manager, subjectPrefix: nats.subjectPrefix, parallel: jobs });
}
