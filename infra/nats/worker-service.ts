import type { NatsConnection } from 'nats';
import type { ModelInfo } from '../../src/core/model.js';
import { addService } from './add-service.js';

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

/** Makes a worker visible as a NATS service. */
export async function announceWorkerService(
  connection: NatsConnection,
  { workerId, role, info, slots, infoSubject }: WorkerServiceDescription,
): Promise<WorkerService> {
  const { name: model, fingerprint, numerics, contextTokens, forwardTimes } = info;
  const service = await addService(connection, {
    name: WORKER_SERVICE_NAME,
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
