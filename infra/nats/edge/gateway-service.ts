import type { NatsConnection } from 'nats';
import { type Subjects, subjectWord } from '../../../src/core/subjects.js';
import { addService } from '../add-service.js';

/** What `nats service ls|info|stats` lists every gateway under. */
const GATEWAY_SERVICE_NAME = 'slipstream-gateway';

interface GatewayServiceOptions {
  readonly subjects: Subjects;
  readonly model: string;
  generate(text: string, replySubject: string | undefined): void;
  /** It has ended though nobody stopped it: its requests are not heard any more. */
  ended(error: unknown): void;
}

interface GatewayService {
  /** Takes the gateway off the list; requests go to others. */
  stop(): Promise<void>;
}

/**
 * Makes a gateway a NATS service. Those of one kind share the requests to `generate`, and those of one model the requests
 * that name it.
 */
export async function announceGatewayService(
  connection: NatsConnection,
  { subjects, model, generate, ended }: GatewayServiceOptions,
): Promise<GatewayService> {
  const service = await addService(connection, {
    name: GATEWAY_SERVICE_NAME,
    description: 'A gateway of Slipstream: generates text, token by token',
    metadata: { model },
  });
  const endpoints = { generate: subjects.generate, 'generate-with-model': subjects.generateWith(model) };
  for (const [name, subject] of Object.entries(endpoints))
    service.addEndpoint(name, {
      subject,
      metadata: { model, word: subjectWord(model) },
      handler: (error, request) => {
        if (error === null) generate(request.string(), request.reply);
      },
    });
  let stopping = false;
  void service.stopped.then((error) => {
    if (!stopping) ended(error);
  });
  return {
    stop: async () => {
      stopping = true;
      await service.stop();
    },
  };
}
