import type { ServerResponse } from 'node:http';
import type { OutletSocket } from './outlet.js';

/** An answer of server-sent events, one for each text. */
export class EventStream implements OutletSocket {
  constructor(
    private readonly response: ServerResponse,
    requestId: string,
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // nginx would gather the tokens.
      'x-accel-buffering': 'no',
      'x-request-id': requestId,
    });
    response.flushHeaders();
  }

  get bufferedBytes(): number {
    return this.response.writableLength;
  }

  get open(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** `text` is of one line. */
  send(text: string, flushed: () => void): void {
    this.response.write(`data: ${text}\n\n`, flushed);
  }

  /** Nothing follows. */
  end(): void {
    this.response.end();
  }

  /** Cuts the connection: the client sees that something is missing. */
  terminate(): void {
    this.response.destroy();
  }
}
