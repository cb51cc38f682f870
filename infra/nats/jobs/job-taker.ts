import type { JetStreamManager } from '@nats-io/jetstream';
import { errorMessage } from '../../../src/core/errors.js';
import { createSubjects } from '../../../src/core/subjects.js';
import type { NatsLink } from '../nats-link.js';
import { type JobConsumer, openJobConsumer } from './job-consumer.js';
import { JobRunner, type JobRunnerOptions } from './job-runner.js';
import { Pauses } from './pauses.js';
import { ResultPublisher } from './result-publisher.js';

/** How long one request for a job stands: a lost one is noticed then, and so long a drain waits for what may be on its way. */
const PULL_MS = 1000;
/** What takes longer while draining is given back: sooner than what supervises this process loses patience (30 s). */
const FINISH_MS = 20_000;
/** Before jobs are asked for again where that failed. */
const RETRY_MS = 1000;

interface JobTakerOptions extends Omit<JobRunnerOptions, 'results'> {
  readonly link: NatsLink;
  readonly manager: JetStreamManager;
  /** Jobs at a time. */
  readonly parallel: number;
}

/**
 * Takes durable jobs from JetStream, as many at a time as are allowed: what a gateway leaves undone when it dies another
 * one does again.
 */
export class JobTaker {
  private readonly runner: JobRunner;
  private readonly pauses: Pauses;
  private readonly hands: Promise<void>[];
  private problem: string | undefined;
  private stopped = false;

  private constructor(
    private readonly options: JobTakerOptions,
    private consumer: Promise<JobConsumer> | undefined,
  ) {
    this.pauses = new Pauses(options.scheduler);
    this.runner = new JobRunner({ ...options, results: new ResultPublisher(options.manager, options.link) });
    this.hands = Array.from({ length: options.parallel }, () => this.hand());
  }

  /** Throws NatsUnavailableError when stream or consumer cannot be had. */
  static async start(options: JobTakerOptions): Promise<JobTaker> {
    const consumer = openConsumer(options);
    await consumer;
    return new JobTaker(options, consumer);
  }

  /** Takes no further job; settles when those that were taken are done, or given back since they take too long. */
  async drain(): Promise<void> {
    this.stopped = true;
    this.pauses.end();
    const stopTimer = this.options.scheduler.schedule(FINISH_MS, () => this.runner.close());
    await Promise.all(this.hands);
    stopTimer();
  }

  /** Gives what is unfinished back to other gateways, at once. */
  async close(): Promise<void> {
    this.runner.close();
    await this.drain();
  }

  private async hand(): Promise<void> {
    while (!this.stopped) {
      try {
        // Others may have a target.
        if (this.options.service.health().status === 'ready') await this.pull();
        else await this.pauses.pause(RETRY_MS);
        if (this.problem !== undefined) this.options.logger.info({}, 'jobs are taken again');
        this.problem = undefined;
      } catch (error) {
        this.note(errorMessage(error));
        this.consumer = undefined;
        await this.pauses.pause(RETRY_MS);
      }
    }
  }

  private async pull(): Promise<void> {
    this.consumer ??= openConsumer(this.options);
    const { consumer, ackWaitMs } = await this.consumer;
    const message = await consumer.next({ expires: PULL_MS });
    if (message === null) return;
    // Not to another hand of this gateway, whose request stands as well.
    if (this.stopped) message.nak(PULL_MS);
    else await this.runner.run(message, ackWaitMs);
  }

  /** Many hands find the same, again and again. */
  private note(problem: string): void {
    if (problem === this.problem || this.stopped) return;
    this.problem = problem;
    this.options.logger.warn({ problem }, 'jobs cannot be taken; tried again');
  }
}

function openConsumer({ manager, subjectPrefix, service }: JobTakerOptions): Promise<JobConsumer> {
  return openJobConsumer(manager, createSubjects(subjectPrefix), service.health().model);
}
