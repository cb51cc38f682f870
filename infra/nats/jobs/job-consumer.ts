import {
  AckPolicy,
  type Consumer,
  type ConsumerInfo,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { millis, type NatsConnection, nanos } from 'nats';
import { errorMessage, NatsUnavailableError } from '../../../src/core/errors.js';
import { type Subjects, subjectWord } from '../../../src/core/subjects.js';

/** A job whose gateway is silent for this long is given to another one, unless an operator made the consumer. */
const ACK_WAIT_MS = 30_000;

export interface JobConsumer {
  readonly consumer: Consumer;
  /** As long as this a gateway may be silent about a job. */
  readonly ackWaitMs: number;
}

/** Throws NatsUnavailableError where the server, or this user, has no JetStream. */
export async function openJetStream(connection: NatsConnection): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(connection);
  } catch (error) {
    throw new NatsUnavailableError(
      `durable jobs need JetStream (nats-server -js), which ${connection.getServer()} does not offer here: ${errorMessage(error)}`,
      { cause: error },
    );
  }
}

/**
 * What gives a model's jobs to its gateways, each to one at a time. Stream and consumer are made where there are none; what
 * an operator made stays as it is. Throws NatsUnavailableError where that cannot be used.
 */
export async function openJobConsumer(
  manager: JetStreamManager,
  subjects: Subjects,
  model: string,
): Promise<JobConsumer> {
  try {
    return await open(manager, subjects, model);
  } catch (error) {
    if (error instanceof NatsUnavailableError) throw error;
    throw new NatsUnavailableError(
      `no consumer of the jobs on ${subjects.jobs(model)} can be had: ${errorMessage(error)}`,
      { cause: error },
    );
  }
}

async function open(manager: JetStreamManager, subjects: Subjects, model: string): Promise<JobConsumer> {
  const subject = subjects.jobs(model);
  const [existing] = await manager.streams.names(subject).next();
  const stream = existing ?? (await addStream(manager, subjects));
  const name = `gateways-${subjectWord(model)}`;
  const known = await findConsumer(manager, stream, name);
  const { config } =
    known ??
    (await manager.consumers.add(stream, {
      durable_name: name,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      // A gateway counts the attempts itself, and says what came of the last one.
      max_deliver: -1,
    }));
  if (config.ack_policy !== AckPolicy.Explicit || config.deliver_subject !== undefined)
    throw new NatsUnavailableError(
      `the consumer ${name} of the stream ${stream} must be a pull consumer with explicit acknowledgement`,
    );
  const consumer = await manager.jetstream().consumers.get(stream, name);
  return { consumer, ackWaitMs: config.ack_wait === undefined ? ACK_WAIT_MS : millis(config.ack_wait) };
}

async function findConsumer(
  manager: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound)
      return undefined;
    throw error;
  }
}

async function addStream(manager: JetStreamManager, subjects: Subjects): Promise<string> {
  const { config } = await manager.streams.add({
    name: subjectWord(subjects.everyJob.slice(0, -'.*'.length)),
    description: 'Requests to Slipstream that wait for a gateway',
    subjects: [subjects.everyJob],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
  });
  return config.name;
}
