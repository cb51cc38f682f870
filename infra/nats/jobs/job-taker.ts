import type { Consumer, ConsumerMessages, JetStreamManager } from '@nats-io/jetstream';
import { errorMessage } from '../../../src/core/errors.js';
import { createSubjects } from '../../../src/core/subjects.js';
import type { NatsLink } from '../nats-link.js';
import { openJobConsumer } from './job-consumer.js';
import { JobRunner, type JobRunnerOptions } from './job-runner.js';
import { ResultPublisher } from './result-publisher.js';

/** How long one request for a job stands; a lost one is noticed then. */
const PULL_MS = 5000;
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
  private readonly pulls = new Set<ConsumerMessages>();
  private readonly pauses = new Set<() => void>();
  private readonly hands: Promise<void>[];
  private consumer: Promise<Consumer> | undefined;
  private failing = false;
  private stopped = false;

  private constructor(private readonly options: JobTakerOptions) {
    this.runner = new JobRunner({ ...options, results: new ResultPublisher(options.manager, options.link) });
    this.hands = Array.from({ length: options.parallel }, () => this.hand());
  }

  /** Throws what nats.js throws when stream or consumer cannot be had. */
  static async start(options: JobTakerOptions): Promise<JobTaker> {
    await openConsumer(options);
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
    this.runner.close();
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
    this.consumer ??= openConsumer(this.options);
    const consumer = await this.consumer;
    const pull = await consumer.fetch({ max_messages: 1, expires: PULL_MS });
    this.pulls.add(pull);
    if (this.stopped) void pull.close();
    try {
      for await (const message of pull) await this.runner.run(message);
    } finally {
      this.pulls.delete(pull);
    }
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

function openConsumer({ manager, subjectPrefix, service }: JobTakerOptions): Promise<Consumer> {
  return openJobConsumer(manager, createSubjects(subjectPrefix), service.health().model);
}
