import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ChartSource } from '../../src/core/chart-frames.js';
import type { GenerationService } from '../../src/core/engine.js';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { watchEventLoop } from '../clock/event-loop-watch.js';
import { PROTOCOL } from './access.js';
import { answerAndEnd } from './answer-and-end.js';
import { ChartConnection, type ChartFrames } from './chart-connection.js';
import type { ClientSocket } from './client-socket.js';
import { CLOSE } from './close-codes.js';
import { Connection, type FollowLog } from './connection.js';
import type { Pages } from './console-assets.js';
import { crossOriginHeaders } from './cross-origin.js';
import type { HttpExchange } from './http-exchange.js';
import { openHttpServer } from './http-server.js';
import { Leases } from './leases.js';
import { compileLimits, type GatewayLimits } from './limits.js';
import type { MetricsSource } from './metrics.js';
import { Completion } from './openai/completion.js';
import type { CompletionKind } from './openai/completion-kind.js';
import { unixSeconds } from './openai/unix-seconds.js';
import { answerRequest, asksForCharts, type RouteContext, upgradeRefusal } from './routes.js';
import { createUpgrader } from './websocket-server.js';

/** How long clients may take to say goodbye when the gateway closes. */
const FAREWELL_MS = 2000;

export interface GatewayOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Keys that clients must present one of. Default: none is asked for. */
  readonly keys?: readonly string[];
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Names a connection or an HTTP request in answers and in the log: 1..64 letters, digits, _ or -. */
  newRequestId(): string;
  /** See AccessRules. Default: none. */
  readonly allowedOrigins?: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<GatewayLimits>;
  /** The state charts that clients may look into, and the page that shows them. Default: none. */
  readonly charts?:
    | { readonly source: ChartSource; readonly frames: ChartFrames; readonly pages?: Pages }
    | undefined;
  /** What Prometheus reads. Default: nothing. */
  readonly metrics?: MetricsSource;
}

export interface Gateway {
  /** `http://host:port`, as a client on this machine reaches it. */
  readonly url: string;
  readonly port: number;
  /** Keeps what was created here alive while somebody follows; for other edges of the same process. */
  readonly leases: Leases;
  readonly limits: GatewayLimits;
  /** Takes nobody and nothing new; settles when all that clients follow has ended, or `limits.drainMs` later. */
  drain(): Promise<void>;
  /** Drains, says goodbye to every client (1001), cancels what is left and frees the port. Twice is harmless. */
  close(): Promise<void>;
}

/**
 * The HTTP and WebSocket edge. Throws InvalidOptionError for a limit outside its range and SystemError when the
 * port cannot be had.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { service, follow, scheduler, logger, newRequestId, keys = [] } = options;
  const { allowedOrigins = [], allowedHosts = [] } = options;
  const limits = compileLimits(options.limits);
  const leases = new Leases(scheduler, limits.leaseMs, logger);
  const connections = new Set<Connection | ChartConnection>();
  const completions = new Set<Completion>();
  const waiting = new Set<() => void>();
  const checkWaiting = () => {
    for (const check of [...waiting]) check();
  };
  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const upgrade = createUpgrader({ maxPayloadBytes: limits.maxPayloadBytes, protocol: PROTOCOL, logger });
  const access = { keys, allowedOrigins, allowedHosts };
  const full = (): boolean => {
    // Half a request takes nobody's place.
    const whole = [...completions].filter(({ hasCome }) => hasCome).length;
    return connections.size + whole >= limits.connections;
  };
  const routes: RouteContext = {
    service,
    access,
    startedAt: unixSeconds(scheduler.now()),
    complete,
    metrics: options.metrics,
    showsCharts: options.charts !== undefined,
    pages: options.charts?.pages ?? new Map(),
    boundAddress: () => http.address.address,
    draining: () => draining !== undefined,
    full,
    enoughViewers: () => countViewers() >= limits.viewers,
    eventLoopDelay: () => eventLoop.delay(),
  };

  const common = { scheduler, limits };
  const openStream = (socket: ClientSocket, requestId: string): Connection => {
    const connection: Connection = new Connection(socket, {
      ...{ ...common, service, follow, leases, requestId },
      logger: logger.child({ requestId }),
      accepting: () => draining === undefined,
      quieter: checkWaiting,
      closed: () => left(connection),
    });
    return connection;
  };
  const openCharts = (socket: ClientSocket, requestId: string): ChartConnection => {
    if (options.charts === undefined) throw new Error('there are no charts to look into');
    const { source, frames } = options.charts;
    const connection: ChartConnection = new ChartConnection(socket, {
      ...{ ...common, charts: source, frames },
      logger: logger.child({ requestId }),
      closed: () => left(connection),
    });
    return connection;
  };
  const countViewers = () =>
    [...connections].filter((connection) => connection instanceof ChartConnection).length;
  const left = (connection: Connection | ChartConnection): void => {
    connections.delete(connection);
    checkWaiting();
  };

  function complete(kind: CompletionKind, exchange: HttpExchange): Promise<void> {
    const completion: Completion = new Completion(kind, exchange, {
      ...{ ...common, service, follow, logger, full },
      closed: () => {
        completions.delete(completion);
        checkWaiting();
      },
    });
    completions.add(completion);
    return completion.run();
  }

  const connect = (request: IncomingMessage, socket: Duplex, head: Buffer, requestId: string): void => {
    const refusal = upgradeRefusal(request, routes);
    if (refusal) {
      answerAndEnd(socket, refusal, { requestId, stallMs: limits.stallMs });
      return;
    }
    upgrade({ request, socket, head, requestId }, (clientSocket) => {
      const connection = asksForCharts(request)
        ? openCharts(clientSocket, requestId)
        : openStream(clientSocket, requestId);
      connections.add(connection);
      return connection;
    });
  };

  const http = await openHttpServer({
    host: options.host,
    port: options.port,
    connections: limits.connections,
    headersTimeoutMs: limits.headersTimeoutMs,
    stallMs: limits.stallMs,
    logger,
    newRequestId,
    answer: (request) => answerRequest(request, routes),
    headers: (request) => crossOriginHeaders(request, access),
    upgrade: connect,
  });

  const eventLoop = watchEventLoop({ scheduler, logger });
  let stopProbing = scheduler.schedule(limits.pingMs, function probe() {
    for (const connection of [...connections]) connection.probe();
    stopProbing = scheduler.schedule(limits.pingMs, probe);
  });

  /** Settles when `done()` holds, or after `timeoutMs`. */
  const until = (done: () => boolean, timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = () => {
        cancel();
        waiting.delete(check);
        resolve();
      };
      const check = () => {
        if (done()) finish();
      };
      const cancel = scheduler.schedule(timeoutMs, finish);
      waiting.add(check);
      check();
    });

  const drain = (): Promise<void> => {
    const isIdle = () => completions.size === 0 && [...connections].every(({ active }) => active === 0);
    if (draining === undefined) {
      draining = until(isIdle, limits.drainMs);
      for (const completion of [...completions]) completion.drain();
    }
    return draining;
  };

  const shutDown = async (): Promise<void> => {
    await drain();
    stopProbing();
    eventLoop.close();
    http.stopListening();
    for (const connection of connections) connection.close(CLOSE.goingAway, 'the server is shutting down');
    for (const completion of [...completions]) completion.close();
    await until(() => connections.size + completions.size === 0, FAREWELL_MS);
    leases.close();
    await http.close();
  };

  const { port, address } = http.address;
  return {
    url: `http://${reachable(address)}:${port}`,
    port,
    leases,
    limits,
    drain,
    close: () => {
      closing ??= shutDown();
      return closing;
    },
  };
}

/** The bound address as a URL has it; what is bound to every address is reached over loopback. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
