import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { type Gateway, type GatewayOptions, startGateway } from '../../infra/gateway/gateway.js';
import { newGenerationId } from '../../infra/ids/random-ids.js';
import type { Engine } from '../../src/app/engine.js';
import { silentLogger } from '../../src/core/logger.js';
import { followLog } from '../../streams/follow-log.js';

/** A gateway of an engine, on a free port. */
export function startEngineGateway(
  engine: Engine,
  options: Pick<GatewayOptions, 'charts'> = {},
): Promise<Gateway> {
  return startGateway({
    host: '127.0.0.1',
    port: 0,
    service: engine,
    follow: followLog,
    scheduler: createRealScheduler(),
    logger: silentLogger,
    newRequestId: newGenerationId,
    ...options,
  });
}
