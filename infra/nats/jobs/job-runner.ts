import type { JsMsg } from '@nats-io/jetstream';
import type { GenerationHandle, GenerationRequest, GenerationService } from '../../../src/core/engine.js';
import {
  BusyError,
  errorMessage,
  MayNotPublishError,
  ResultTooLargeError,
  UnavailableError,
} from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import { untilEnd } from '../../../src/core/until-end.js';
import { errorFrame } from '../../gateway/error-frame.js';
import { concernsClient } from '../../gateway/public-error.js';
import { logUnknownFields } from '../../gateway/unknown-fields.js';
import { type Job, jobResult, readJob } from './job.js';
import { Pauses } from './pauses.js';
import type { JobOutcome, ResultPublisher } from './result-publisher.js';

/** Before another attempt, here or elsewhere. */
const RETRY_MS = 1000;
/** At this attempt a failure is the answer. */
const ATTEMPTS = 3;
/** So often it is tried to publish a result; then the job is given back, and done anew. */
const PUBLISH_TRIES = 60;
/** What is wrong with the subject of a result is seldom mended at once. */
const UNPUBLISHED_MS = 60_000;

export interface JobRunnerOptions {
  readonly results: ResultPublisher;
  readonly subjectPrefix: string;
  readonly service: GenerationService;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  newRequestId(): string;
}

/** Does jobs, and acknowledges each when its result is published. */
export class JobRunner {
  private readonly running = new Map<JsMsg, GenerationHandle | undefined>();
  private readonly pauses: Pauses;
  private closed = false;

  constructor(private readonly options: JobRunnerOptions) {
    this.pauses = new Pauses(options.scheduler);
  }

  /**
   * Settles when nothing more is to be done about it here; never rejects. It is said now and then that the job is being
   * worked on, since the server gives it to another gateway after `ackWaitMs` of silence.
   */
  async run(message: JsMsg, ackWaitMs: number): Promise<void> {
    this.running.set(message, undefined);
    const stopWorking = this.keepWorking(message, ackWaitMs / 3);
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
    const result = await this.generate(job, message).catch((error: unknown) => {
      const isFinal = concernsClient(error) || job.attempt >= ATTEMPTS;
      if (error instanceof UnavailableError || !isFinal) throw error;
      return this.failure(job, error);
    });
    if (result === undefined) return;
    if (await this.publish(job, result)) message.ack();
    else message.nak(UNPUBLISHED_MS);
  }

  /** Undefined: it was given back to others meanwhile. */
  private async generate(job: Job, message: JsMsg): Promise<JobOutcome | undefined> {
    const { request, unknown } = job.request();
    const handle = await this.create(request);
    logUnknownFields(this.options.logger.child({ job: job.seq }), unknown);
    if (this.closed) handle.cancel();
    this.running.set(message, handle);
    const end = await untilEnd(handle.log);
    if (this.closed && end.outcome === 'cancelled') return undefined;
    if (end.outcome === 'failed') throw end.error;
    return jobResult(handle, end.result);
  }

  /** A full queue is waited for here: to give the job back would be another delivery, and no other gateway knows better. */
  private async create(request: GenerationRequest): Promise<GenerationHandle> {
    for (;;) {
      try {
        return await this.options.service.create(request);
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
      }
      await this.pause();
    }
  }

  private failure(job: Job, error: unknown): JobOutcome {
    const requestId = this.options.newRequestId();
    const logger = this.options.logger.child({ requestId, job: job.seq });
    return errorFrame(error, { requestId, logger });
  }

  /** False: it cannot be had now. */
  private async publish(job: Job, result: JobOutcome): Promise<boolean> {
    for (let tries = 1; tries <= PUBLISH_TRIES; tries++) {
      try {
        await this.options.results.publish(job, result);
        return true;
      } catch (error) {
        if (error instanceof ResultTooLargeError) return await this.publish(job, this.failure(job, error));
        const data = { job: job.seq, subject: job.resultSubject, problem: errorMessage(error) };
        if (tries === 1) this.options.logger.warn(data, 'result cannot be published');
        if (error instanceof MayNotPublishError) return false;
      }
      await this.pause();
    }
    return false;
  }

  /** Throws UnavailableError when this is closed meanwhile. */
  private async pause(): Promise<void> {
    await this.pauses.pause(RETRY_MS);
    if (this.closed) throw new UnavailableError('the server is shutting down');
  }

  private keepWorking(message: JsMsg, everyMs: number): Cancel {
    const { scheduler } = this.options;
    const again = (): Cancel =>
      scheduler.schedule(everyMs, () => {
        message.working();
        stop = again();
      });
    let stop = again();
    return () => stop();
  }

  /** Gives what is unfinished back to other gateways, at once. */
  close(): void {
    this.closed = true;
    for (const [message, handle] of this.running) {
      message.nak();
      handle?.cancel();
    }
    this.pauses.end();
  }
}
