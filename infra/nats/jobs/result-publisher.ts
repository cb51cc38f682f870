import type { JetStreamManager } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from 'nats';
import { MayNotPublishError, ResultTooLargeError } from '../../../src/core/errors.js';
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

  /** Throws ResultTooLargeError, MayNotPublishError, or what nats.js throws when it was not taken in time. */
  async publish(job: Job, outcome: JobOutcome): Promise<void> {
    const { connection } = this.link;
    const data = Buffer.from(JSON.stringify({ ...outcome, ...jobFields(job) }));
    const told = outcome.type === 'error' ? serviceErrorHeaders(outcome) : headers();
    told.set('Nats-Msg-Id', job.resultId);
    const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    const bytes = data.length + headerBytes(told);
    if (bytes > limit) throw new ResultTooLargeError(bytes, limit);
    const [stream] = await this.manager.streams.names(job.resultSubject).next();
    if (stream === undefined) {
      connection.publish(job.resultSubject, data, { headers: told });
      await connection.flush();
    } else
      await this.manager
        .jetstream()
        .publish(job.resultSubject, data, { headers: told, timeout: STORED_WITHIN_MS, retries: TRIES });
    if (await this.link.mayNotPublish(job.resultSubject)) throw new MayNotPublishError(job.resultSubject);
  }
}

/** The server counts headers as payload: a first line, one for each, and an empty one, all ended by two characters. */
function headerBytes(told: MsgHdrs): number {
  const lines = told.keys().map((name) => `${name}: ${told.get(name)}`);
  return ['NATS/1.0', ...lines, ''].reduce((sum, line) => sum + Buffer.byteLength(line) + 2, 0);
}
