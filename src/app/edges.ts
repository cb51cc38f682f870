import { StatelyFrames } from '../../infra/charts/stately-frames.js';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { CompiledGatewayOptions } from '../../infra/config/gateway-options.js';
import { readConsolePages } from '../../infra/gateway/console-assets.js';
import { startGateway } from '../../infra/gateway/gateway.js';
import { newGenerationId } from '../../infra/ids/random-ids.js';
import { GatewayMetrics } from '../../infra/metrics/gateway-metrics.js';
import type { NatsConnectionOptions } from '../../infra/nats/connection-options.js';
import { openNatsEdge } from '../../infra/nats/edge/nats-edge.js';
import { followLog } from '../../streams/follow-log.js';
import type { ChartSource } from '../core/chart-frames.js';
import type { GenerationService } from '../core/engine.js';
import type { Logger } from '../core/logger.js';
import type { Cancel } from '../core/scheduler.js';
import type { TraceSink } from '../core/trace.js';
import { meteredService } from './metered-service.js';

interface Edges {
  /** Where HTTP and WebSocket clients reach it. */
  readonly url: string;
  /** Takes nothing new; settles when all that clients follow has ended, or after a while. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** What edges use of an engine. */
export interface ServedEngine extends GenerationService {
  readonly charts: ChartSource;
  /** Tells `sink` of what all generations do from now on. */
  watchTrace(sink: TraceSink): Cancel;
}

/** What clients of one engine reach: HTTP and WebSockets, and requests over NATS where there is an address. */
export async function openEdges(
  options: CompiledGatewayOptions,
  deps: {
    readonly service: ServedEngine;
    readonly logger: Logger;
    readonly nats: NatsConnectionOptions | undefined;
  },
): Promise<Edges> {
  const { service: engine, logger, nats } = deps;
  const scheduler = createRealScheduler();
  const metrics = new GatewayMetrics(
    () => engine.health(),
    () => scheduler.now(),
  );
  const ports = { service: meteredService(engine, metrics), logger, follow: followLog, scheduler };
  const common = { ...ports, newRequestId: newGenerationId };
  const gateway = await startGateway({
    ...{ ...options, ...common },
    charts: options.inspect ? chartsOf(engine.charts) : undefined,
    metrics,
  });
  const { leases, limits, url } = gateway;
  const { jobs } = options;
  const edge =
    nats === undefined
      ? undefined
      : await openNatsEdge({ ...common, nats, leases, jobs, drainMs: limits.drainMs }).catch(
          async (error: unknown) => {
            await gateway.close();
            throw error;
          },
        );
  const stopMeasuring = engine.watchTrace(metrics.trace);
  const drain = async (): Promise<void> => {
    await Promise.all([gateway.drain(), edge?.drain()]);
  };
  return {
    url,
    drain,
    close: async () => {
      await drain();
      await edge?.close();
      // Only then are leases ended, and with them what is still followed.
      await gateway.close();
      stopMeasuring();
    },
  };
}

function chartsOf(source: ChartSource) {
  return { source, frames: new StatelyFrames(), pages: readConsolePages() };
}
