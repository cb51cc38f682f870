import { type Gateway, type GatewayOptions, startGateway } from '../../infra/gateway/gateway.js';
import { silentLogger } from '../../src/core/logger.js';
import { followLog } from '../../streams/follow-log.js';
import { FakeGenerationService } from './fake-generation-service.js';
import { HandScheduler } from './hand-scheduler.js';
import { StreamClient } from './stream-client.js';

export interface TestGateway {
  readonly gateway: Gateway;
  readonly service: FakeGenerationService;
  readonly scheduler: HandScheduler;
  /** A client that is ended with the gateway. */
  connect(
    ...args: Parameters<typeof StreamClient.open> extends [number, ...infer Rest] ? Rest : never
  ): Promise<StreamClient>;
  stop(): Promise<void>;
}

/** A gateway on a free port, over a scripted engine, whose time stands still unless advanced by hand. */
export async function startTestGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const service = new FakeGenerationService();
  const scheduler = new HandScheduler();
  let requests = 0;
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    service,
    scheduler,
    follow: followLog,
    logger: silentLogger,
    newRequestId: () => `request-${requests++}`,
    ...options,
    // Clients cannot answer pings while a test jumps ahead.
    limits: { pingMs: 600_000, ...options.limits },
  });
  const clients: StreamClient[] = [];
  return {
    gateway,
    service,
    scheduler,
    connect: async (...args) => {
      const client = await StreamClient.open(gateway.port, ...args);
      clients.push(client);
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.drop()));
      for (const generation of service.generations) generation.cancel();
      await gateway.close();
    },
  };
}
