import type { JsMsg } from '@nats-io/jetstream';
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
import { errorFrame } from '../../gateway/error-frame.js';
import { concernsClient } from '../../gateway/public-error.js';
import { logUnknownFields } from '../../gateway/unknown-fields.js';
import { type Job, jobResult, readJob } from './job.js';
import { ACK_WAIT_MS } from './job-consumer.js';
import type { JobOutcome, ResultPublisher } from './result-publisher.js';

/** Before another attempt at a job. */
const RETRY_MS = 1000;
/** At this attempt a failure is the answer. */
const ATTEMPTS = 3;
/** What is no failure of the job: it waits until somebody can do it. */
const WAITS = [BusyError, UnavailableError, NoWorkerError];

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
  private closed = false;

  constructor(private readonly options: JobRunnerOptions) {}

  /** Settles when nothing more is to be done about it here; never rejects. */
  async run(message: JsMsg): Promise<void> {
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
      await this.options.results.publish(job, result);
    } catch (error) {
      if (!(error instanceof ResultTooLargeError)) throw error;
      await this.options.results.publish(job, this.failure(job, error));
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

  /** Gives what is unfinished back to other gateways, at once. */
  close(): void {
    this.closed = true;
    for (const [message, handle] of this.running) {
      message.nak();
      handle?.cancel();
    }
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
