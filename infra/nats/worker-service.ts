import { Svcm } from '@nats-io/services';
import type { NatsConnection } from 'nats';
import { WIRE_VERSION } from '../../src/core/messages.js';
import type { ModelInfo } from '../../src/core/model.js';

/** What `nats service ls|info|stats` lists every worker under. */
const WORKER_SERVICE_NAME = 'slipstream-worker';

interface WorkerServiceDescription {
  readonly workerId: string;
  readonly role: 'target' | 'drafter';
  readonly info: ModelInfo;
  readonly slots: number;
  /** `Subjects.workerInfo`: answers with the same as JSON. */
  readonly infoSubject: string;
}

interface WorkerService {
  /** Takes the worker off the list. */
  stop(): Promise<void>;
}

/**
 * Makes a worker visible as a NATS service: $SRV.PING, INFO and STATS, as the `nats service` command uses them. The
 * service's major version is the wire's.
 */
export async function announceWorkerService(
  connection: NatsConnection,
  { workerId, role, info, slots, infoSubject }: WorkerServiceDescription,
): Promise<WorkerService> {
  const { name: model, fingerprint, numerics, contextTokens, forwardTimes } = info;
  // The package brings nats-core types of its own, of an earlier release; the connection is the same at run time.
  const services = new Svcm(connection as unknown as ConstructorParameters<typeof Svcm>[0]);
  const service = await services.add({
    name: WORKER_SERVICE_NAME,
    version: `${WIRE_VERSION}.0.0`,
    description: 'A model instance of Slipstream: verifies or drafts tokens',
    metadata: { worker: workerId, role, model, fingerprint, numerics, slots: String(slots) },
    queue: '',
    statsHandler: async () => ({ forwardTimes }),
  });
  service.addEndpoint('info', {
    subject: infoSubject,
    handler: (error, request) => {
      if (error === null)
        request.respond(
          JSON.stringify({
            worker: workerId,
            role,
            model,
            fingerprint,
            numerics,
            slots,
            contextTokens,
            forwardTimes,
          }),
        );
    },
  });
  return {
    stop: async () => {
      await service.stop();
    },
  };
}
