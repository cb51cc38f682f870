import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { ClientSocket, ClientSocketEvents } from './client-socket.js';

interface UpgraderOptions {
  readonly maxPayloadBytes: number;
  /** The subprotocol that is answered to clients that offer it. */
  readonly protocol: string;
  readonly logger: Logger;
}

interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly requestId: string;
}

type Connected = (socket: ClientSocket) => ClientSocketEvents;

/** Turns upgrade requests that were let in into client sockets. A broken handshake is answered by ws itself. */
export function createUpgrader({ maxPayloadBytes, protocol, logger }: UpgraderOptions) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
    handleProtocols: (offered) => offered.has(protocol) && protocol,
  });
  const requestIds = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => headers.push(`x-request-id: ${requestIds.get(request)}`));
  return ({ request, socket, head, requestId }: UpgradeRequest, connected: Connected): void => {
    requestIds.set(request, requestId);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // First of all: an error event without a listener, as one oversized frame raises, ends the process.
      webSocket.on('error', (error) => logger.debug({ requestId, error: errorMessage(error) }, 'bad frame'));
      listen(webSocket, connected(new WsClientSocket(webSocket)));
    });
  };
}

function listen(webSocket: WebSocket, events: ClientSocketEvents): void {
  webSocket.on('message', (data, isBinary) => {
    if (isBinary) events.binary();
    else events.text(data.toString());
  });
  webSocket.on('ping', () => events.heartbeat());
  webSocket.on('pong', () => events.heartbeat());
  webSocket.on('close', (code) => events.closed(code));
}

class WsClientSocket implements ClientSocket {
  constructor(private readonly webSocket: WebSocket) {}

  get bufferedBytes(): number {
    return this.webSocket.bufferedAmount;
  }

  get open(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN;
  }

  send(text: string, flushed: () => void): void {
    this.webSocket.send(text, flushed);
  }

  ping(): void {
    this.webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.webSocket.close(code, reason);
  }

  terminate(): void {
    this.webSocket.terminate();
  }
}
