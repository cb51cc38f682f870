import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../../src/core/errors.js';
import { type Answer, refusal } from './answer.js';
import { answerAndEnd } from './answer-and-end.js';
import { AnswersDue } from './answers-due.js';
import { clientErrorAnswer, EXPECTATION_FAILED } from './client-error.js';
import { declineUpgrade } from './decline-upgrade.js';
import { type ListenAddress, listen } from './listen.js';
import { OpenConnections } from './open-connections.js';
import { toOriginForm } from './origin-form.js';
import { failure, type RespondOptions, respond } from './respond.js';

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
/** Requests that a client may write on one connection before the first of them is answered. */
const MOST_UNANSWERED = 16;

interface HttpServerOptions extends ListenAddress, RespondOptions {
  /** WebSockets and completions; a few more connections may be open. */
  readonly connections: number;
  readonly headersTimeoutMs: number;
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

const TOO_MANY_UNANSWERED = refusal(
  429,
  'rate_limit_error',
  'busy',
  `${MOST_UNANSWERED} requests of this connection are not answered yet: as many as may be`,
);

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
      // Said with an answer in our shape.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(Math.ceil(headersTimeoutMs / TIMEOUT_CHECKS), LONGEST_CHECK_MS),
    },
    (request, response) => take(request, response),
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.on('connection', (socket) => connections.add(socket));
  // Leave to send the body is given when it is wanted.
  server.on('checkContinue', (request, response) => take(request, response));
  server.on('checkExpectation', (request, response) => take(request, response, () => EXPECTATION_FAILED));
  server.on('clientError', (error, socket) => {
    const answer = socket.writable ? clientErrorAnswer(error) : undefined;
    if (answer === undefined) socket.destroy();
    else answers.afterAll(socket, () => end(socket, answer));
  });
  const take = (request: IncomingMessage, response: ServerResponse, answer = options.answer): void => {
    answers.add(response);
    const isOneTooMany = answers.count(request.socket) > MOST_UNANSWERED;
    response.on('close', () => connections.answered(request.socket));
    respond(request, response, { ...options, answer: isOneTooMany ? () => TOO_MANY_UNANSWERED : answer });
  };
  const end = (socket: Duplex, answer: Answer): void =>
    answerAndEnd(socket, answer, { requestId: options.newRequestId(), stallMs });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    upgraded.add(socket);
    toOriginForm(request);
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
