import { Leases } from '../../infra/gateway/leases.js';
import type { NatsConnectionOptions } from '../../infra/nats/connection-options.js';
import { type NatsEdge, type NatsEdgeOptions, openNatsEdge } from '../../infra/nats/edge/nats-edge.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { silentLogger } from '../../src/core/logger.js';
import { DEFAULT_SUBJECT_PREFIX } from '../../src/core/subjects.js';
import { followLog } from '../../streams/follow-log.js';
import { FakeGenerationService } from './fake-generation-service.js';
import { HandScheduler } from './hand-scheduler.js';

export const LEASE_MS = 60_000;
export const DRAIN_MS = 1000;

export interface TestEdge {
  readonly edge: NatsEdge;
  readonly service: FakeGenerationService;
  readonly scheduler: HandScheduler;
}

/** A gateway's edge on a test server, over a scripted engine, whose time stands still unless advanced by hand. */
export async function openTestEdge(
  server: EmbeddedServer,
  options: Partial<NatsEdgeOptions> = {},
  script?: FakeGenerationService['script'],
): Promise<TestEdge> {
  const service = new FakeGenerationService();
  // Jobs that wait are taken while this opens.
  if (script) service.script = script;
  const scheduler = new HandScheduler();
  let requests = 0;
  const edge = await openNatsEdge({
    nats: testConnection(server),
    service,
    scheduler,
    follow: followLog,
    leases: new Leases(scheduler, LEASE_MS, silentLogger),
    logger: silentLogger,
    newRequestId: () => `request-${requests++}`,
    jobs: 0,
    drainMs: DRAIN_MS,
    ...options,
  });
  return { edge, service, scheduler };
}

export function testConnection({ url, user, password }: EmbeddedServer): NatsConnectionOptions {
  return { servers: [url], name: 'test', user, password, subjectPrefix: DEFAULT_SUBJECT_PREFIX };
}
