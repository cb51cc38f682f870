import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { type ListenAddress, listen } from './listen.js';

/** The longest request line and headers together. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** A whole request, body included, must have arrived by then. */
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5000;
/** How often the two timeouts are looked at: at most this late is a slow client cut. */
const TIMEOUT_CHECKS = 4;
/** Plain HTTP connections beyond the WebSockets, so that health can be asked when all of these are taken. */
const SPARE_CONNECTIONS = 64;
const JSON_TYPE = 'application/json';

export interface Answer {
  readonly status: number;
  /** An object goes as JSON, a text as it is: `headers` say what it is. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface HttpServerOptions extends ListenAddress {
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly logger: Logger;
  newRequestId(): string;
  answer(request: IncomingMessage, requestId: string): Answer;
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
  const { headersTimeoutMs, logger } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      requestTimeout: Math.max(REQUEST_TIMEOUT_MS, headersTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.ceil(headersTimeoutMs / TIMEOUT_CHECKS),
    },
    (request, response) => respond(request, response, options),
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = options.connections + SPARE_CONNECTIONS;
  server.on('upgrade', (request, socket, head) => {
    // Before anything else: a reset during the handshake must not end the process.
    socket.on('error', () => socket.destroy());
    const requestId = options.newRequestId();
    try {
      options.upgrade(request, socket, head, requestId);
    } catch (error) {
      refuseUpgrade(socket, failure(error, requestId, logger), requestId);
    }
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

/** Answers an upgrade request in plain HTTP and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, body, headers }: Answer, requestId: string): void {
  const text = textOf(body);
  const head = {
    'content-type': JSON_TYPE,
    ...headers,
    'x-request-id': requestId,
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
}

/** An error in the shape that clients of OpenAI-compatible servers expect. */
export function refusal(status: number, type: string, code: string, message: string): Answer {
  return { status, body: { error: { message, type, param: null, code } } };
}

function respond(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): void {
  const requestId = options.newRequestId();
  let answer: Answer;
  try {
    answer = options.answer(request, requestId);
  } catch (error) {
    answer = failure(error, requestId, options.logger);
  }
  const text = textOf(answer.body);
  response.writeHead(answer.status, {
    'content-type': JSON_TYPE,
    ...answer.headers,
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function textOf(body: Answer['body']): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
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
