import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { type Answer, refusal, sendAnswer } from './answer.js';
import { answerAndEnd } from './answer-and-end.js';
import { AnswersDue } from './answers-due.js';
import { declineUpgrade } from './decline-upgrade.js';
import { HttpExchange } from './http-exchange.js';
import { type ListenAddress, listen } from './listen.js';
import { OpenConnections } from './open-connections.js';

/** The longest request line and headers together. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** A whole request, body included, must have arrived by then. */
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5000;
/** How often the two timeouts are looked at: at most this late is a slow client cut. */
const TIMEOUT_CHECKS = 4;
const LONGEST_CHECK_MS = 1000;
/** Connections beyond the WebSockets and completions, so that health can be asked when there are as many as may be. */
const SPARE_CONNECTIONS = 64;

/** Answers later. */
export type Serve = (exchange: HttpExchange) => Promise<void>;

interface HttpServerOptions extends ListenAddress {
  /** WebSockets and completions; a few more connections may be open. */
  readonly connections: number;
  readonly headersTimeoutMs: number;
  /** A client is cut when it takes nothing of an answer for this long. */
  readonly stallMs: number;
  readonly logger: Logger;
  newRequestId(): string;
  answer(request: IncomingMessage): Answer | Serve;
  /** Headers of whatever the request is answered. */
  headers(request: IncomingMessage): Readonly<Record<string, string>>;
  /** Asks for a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, requestId: string): void;
}

interface HttpServer {
  readonly address: AddressInfo;
  /** Stops listening; open connections stay. */
  stopListening(): void;
  /** Ends what is left; settles when every connection is gone. */
  close(): Promise<void>;
}

/** Opens the port. Rejects with a SystemError that names host and port when the system refuses it. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { headersTimeoutMs, stallMs, logger } = options;
  const answers = new AnswersDue();
  const upgraded = new WeakSet<Duplex>();
  const connections = new OpenConnections({
    most: options.connections + SPARE_CONNECTIONS,
    serves: (socket) => upgraded.has(socket) || answers.owed(socket),
    dropped: ({ remoteAddress }) => logger.debug({ remoteAddress }, 'connection dropped: there are too many'),
  });
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      requestTimeout: Math.max(REQUEST_TIMEOUT_MS, headersTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(Math.ceil(headersTimeoutMs / TIMEOUT_CHECKS), LONGEST_CHECK_MS),
    },
    (request, response) => {
      answers.add(response);
      response.on('close', () => connections.answered(request.socket));
      respond(request, response, options);
    },
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.on('connection', (socket) => connections.add(socket));
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    upgraded.add(socket);
    const requestId = options.newRequestId();
    try {
      options.upgrade(request, socket, head, requestId);
    } catch (error) {
      answerAndEnd(socket, failure(error, requestId, logger), { requestId, stallMs });
    }
  };
  server.on('upgrade', (request, socket, head) => {
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    // Before anything else: a reset during the handshake must not end the process.
    if (isWebSocket) socket.on('error', () => socket.destroy());
    // What is said on it next must not overtake an answer.
    answers.afterAll(socket, () => {
      if (isWebSocket) upgrade(request, socket, head);
      else declineUpgrade(server, request, socket, head);
    });
  });
  await listen(server, options);
  server.on('error', (error) => logger.error({ error: errorMessage(error) }, 'http server error'));
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  const stopListening = () => {
    if (server.listening) server.close();
  };
  return {
    address: server.address() as AddressInfo,
    stopListening,
    close: () => {
      stopListening();
      server.closeAllConnections();
      return closed;
    },
  };
}

function respond(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): void {
  const { logger, stallMs } = options;
  const requestId = options.newRequestId();
  const answering = { requestId, stallMs };
  const failed = (error: unknown) => sendAnswer(response, failure(error, requestId, logger), answering);
  try {
    for (const [name, value] of Object.entries(options.headers(request))) response.setHeader(name, value);
    const answer = options.answer(request);
    if (typeof answer === 'function') answer(new HttpExchange(request, response, answering)).catch(failed);
    else sendAnswer(response, answer, answering);
  } catch (error) {
    failed(error);
  }
}

function failure(error: unknown, requestId: string, logger: Logger): Answer {
  logger.error({ requestId, error: errorMessage(error) }, 'request failed');
  return refusal(
    500,
    'server_error',
    'internal_error',
    'something went wrong in the server; its log says what',
  );
}
