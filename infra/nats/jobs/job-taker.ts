import type { Consumer, ConsumerMessages, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type {
  GenerationEnd,
  GenerationHandle,
  GenerationLog,
  GenerationService,
} from '../../../src/core/engine.js';
import {
  BusyError,
  errorMessage,
  NoWorkerError,
  ResultTooLargeError,
  UnavailableError,
} from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { errorFrame } from '../../gateway/error-frame.js';
import { concernsClient } from '../../gateway/public-error.js';
import { logUnknownFields } from '../../gateway/unknown-fields.js';
import type { NatsLink } from '../nats-link.js';
import { type Job, jobResult, readJob } from './job.js';
import { ACK_WAIT_MS, openJobConsumer } from './job-consumer.js';
import { type JobOutcome, ResultPublisher } from './result-publisher.js';

/** How long one request for a job stands; a lost one is noticed then. */
const PULL_MS = 5000;
/** Before what failed is tried again. */
const RETRY_MS = 1000;
/** At this attempt a failure is the answer. */
const ATTEMPTS = 3;
/** What is no failure of the job: it waits until somebody can do it. */
const WAITS = [BusyError, UnavailableError, NoWorkerError];

interface JobTakerOptions {
  readonly link: NatsLink;
  readonly manager: JetStreamManager;
  readonly subjectPrefix: string;
  readonly service: GenerationService;
  /** Jobs at a time. */
  readonly parallel: number;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  newRequestId(): string;
}

/**
 * Takes durable jobs from JetStream, as many at a time as are allowed, and acknowledges each when its result is published:
 * what a gateway leaves undone when it dies another one does again.
 */
export class JobTaker {
  private readonly results: ResultPublisher;
  private readonly pulls = new Set<ConsumerMessages>();
  private readonly running = new Map<JsMsg, GenerationHandle | undefined>();
  private readonly pauses = new Set<() => void>();
  private readonly hands: Promise<void>[];
  private consumer: Promise<Consumer> | undefined;
  private failing = false;
  private stopped = false;
  private closed = false;

  private constructor(private readonly options: JobTakerOptions) {
    this.results = new ResultPublisher(options.manager, options.link);
    this.hands = Array.from({ length: options.parallel }, () => this.hand());
  }

  /** Throws what nats.js throws when stream or consumer cannot be had. */
  static async start(options: JobTakerOptions): Promise<JobTaker> {
    const { manager, subjectPrefix, service } = options;
    const subjects = createSubjects(subjectPrefix);
    await openJobConsumer(manager, subjects, service.health().model);
    return new JobTaker(options);
  }

  /** Takes no further job; settles when those that were taken are done. */
  async drain(): Promise<void> {
    this.stopped = true;
    for (const pull of this.pulls) void pull.close();
    for (const endPause of [...this.pauses]) endPause();
    await Promise.all(this.hands);
  }

  /** Gives what is unfinished back to other gateways, at once. */
  async close(): Promise<void> {
    this.closed = true;
    for (const [message, handle] of this.running) {
      message.nak();
      handle?.cancel();
    }
    await this.drain();
  }

  private async hand(): Promise<void> {
    while (!this.stopped) {
      try {
        // Others may have a target.
        if (this.options.service.health().status === 'ready') await this.pull();
        else await this.pause();
        this.failing = false;
      } catch (error) {
        if (!this.failing && !this.stopped)
          this.options.logger.warn({ problem: errorMessage(error) }, 'jobs cannot be taken; tried again');
        this.failing = true;
        this.consumer = undefined;
        await this.pause();
      }
    }
  }

  private async pull(): Promise<void> {
    const { manager, subjectPrefix, service } = this.options;
    this.consumer ??= openJobConsumer(manager, createSubjects(subjectPrefix), service.health().model);
    const consumer = await this.consumer;
    if (this.stopped) return;
    const pull = await consumer.fetch({ max_messages: 1, expires: PULL_MS });
    this.pulls.add(pull);
    try {
      for await (const message of pull) await this.take(message);
    } finally {
      this.pulls.delete(pull);
    }
  }

  private async take(message: JsMsg): Promise<void> {
    this.running.set(message, undefined);
    const stopWorking = this.keepWorking(message);
    try {
      await this.answer(message);
    } catch (error) {
      this.options.logger.warn({ job: message.seq, problem: errorMessage(error) }, 'job is tried again');
      message.nak(RETRY_MS);
    } finally {
      stopWorking();
      this.running.delete(message);
    }
  }

  private async answer(message: JsMsg): Promise<void> {
    const { logger, subjectPrefix } = this.options;
    let job: Job;
    try {
      job = readJob(message, subjectPrefix);
    } catch (error) {
      logger.warn({ job: message.seq, problem: errorMessage(error) }, 'job dropped: nobody can be answered');
      message.term();
      return;
    }
    let result: JobOutcome | undefined;
    try {
      result = await this.generate(job, message);
    } catch (error) {
      if (WAITS.some((cause) => error instanceof cause)) {
        message.nak(RETRY_MS);
        return;
      }
      if (!concernsClient(error) && job.attempt < ATTEMPTS) throw error;
      result = this.failure(job, error);
    }
    if (result === undefined) return;
    await this.publish(job, result);
    message.ack();
  }

  /** Undefined: it was given back to others meanwhile. */
  private async generate(job: Job, message: JsMsg): Promise<JobOutcome | undefined> {
    const { service, logger } = this.options;
    const { request, unknown } = job.request();
    const handle = await service.create(request);
    logUnknownFields(logger, unknown);
    if (this.closed) handle.cancel();
    this.running.set(message, handle);
    const end = await ended(handle.log);
    if (this.closed && end.outcome === 'cancelled') return undefined;
    if (end.outcome === 'failed') throw end.error;
    return jobResult(handle, end.result);
  }

  private failure(job: Job, error: unknown): JobOutcome {
    const requestId = this.options.newRequestId();
    const logger = this.options.logger.child({ requestId, job: job.seq });
    return errorFrame(error, { requestId, logger });
  }

  private async publish(job: Job, result: JobOutcome): Promise<void> {
    try {
      await this.results.publish(job, result);
    } catch (error) {
      if (!(error instanceof ResultTooLargeError)) throw error;
      await this.results.publish(job, this.failure(job, error));
    }
  }

  /** Says now and then that the job is being worked on. */
  private keepWorking(message: JsMsg): Cancel {
    const { scheduler } = this.options;
    const again = (): Cancel =>
      scheduler.schedule(ACK_WAIT_MS / 3, () => {
        message.working();
        stop = again();
      });
    let stop = again();
    return () => stop();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop();
        this.pauses.delete(end);
        resolve();
      };
      const stop = this.options.scheduler.schedule(RETRY_MS, end);
      this.pauses.add(end);
      if (this.stopped) end();
    });
  }
}

function ended(log: GenerationLog): Promise<GenerationEnd> {
  return new Promise((resolve) => {
    const check = () => {
      if (log.end === undefined) return;
      stop();
      resolve(log.end);
    };
    const stop = log.watch(check);
    check();
  });
}
