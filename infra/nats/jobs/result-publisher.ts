import type { JetStreamManager } from '@nats-io/jetstream';
import { headers } from 'nats';
import { ResultTooLargeError } from '../../../src/core/errors.js';
import type { ErrorFrame } from '../../gateway/frames.js';
import { serviceErrorHeaders } from '../edge/service-error.js';
import type { NatsLink } from '../nats-link.js';
import { type Job, jobFields, type jobResult } from './job.js';

export type JobOutcome = ErrorFrame | ReturnType<typeof jobResult>;

const STORED_WITHIN_MS = 5000;
const TRIES = 5;

/**
 * Publishes what came of jobs. Where a stream keeps the result's subject it settles when the stream has it, and a second
 * attempt's result is a duplicate there (`Nats-Msg-Id`); elsewhere when the server has taken it, for whoever listens.
 */
export class ResultPublisher {
  constructor(
    private readonly manager: JetStreamManager,
    private readonly link: NatsLink,
  ) {}

  /** Throws ResultTooLargeError, or what nats.js throws when it was not taken in time. */
  async publish(job: Job, outcome: JobOutcome): Promise<void> {
    const data = Buffer.from(JSON.stringify({ ...outcome, ...jobFields(job) }));
    const { connection } = this.link;
    const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (data.length > limit) throw new ResultTooLargeError(data.length, limit);
    const told = outcome.type === 'error' ? serviceErrorHeaders(outcome) : headers();
    const msgID = `${job.stream}:${job.seq}.result`;
    const [stream] = await this.manager.streams.names(job.resultSubject).next();
    if (stream !== undefined) {
      await this.manager.jetstream().publish(job.resultSubject, data, {
        headers: told,
        msgID,
        timeout: STORED_WITHIN_MS,
        retries: TRIES,
      });
      return;
    }
    told.set('Nats-Msg-Id', msgID);
    connection.publish(job.resultSubject, data, { headers: told });
    await connection.flush();
  }
}
