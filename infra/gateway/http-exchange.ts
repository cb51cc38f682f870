import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidOptionError, RequestTooLargeError, UnavailableError } from '../../src/core/errors.js';
import { type Answer, type Answering, sendAnswer } from './answer.js';
import { EventStream } from './event-stream.js';

/** One HTTP request that is answered later, or bit by bit. */
export class HttpExchange {
  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly answering: Answering,
  ) {}

  get requestId(): string {
    return this.answering.requestId;
  }

  /**
   * Throws RequestTooLargeError, InvalidOptionError for what is no UTF-8, and UnavailableError where the client leaves before
   * all of it is there.
   */
  body(maxBytes: number): Promise<string> {
    const { request, response } = this;
    if (Number(request.headers['content-length']) > maxBytes)
      return Promise.reject(new RequestTooLargeError(maxBytes));
    // Whoever waits for leave to send it is not refused any more.
    if (request.headers.expect !== undefined) response.writeContinue();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let room = maxBytes;
      request.on('data', (chunk: Buffer) => {
        room -= chunk.length;
        if (room >= 0) chunks.push(chunk);
        else reject(new RequestTooLargeError(maxBytes));
      });
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        if (isUtf8(bytes)) resolve(text);
        else reject(new InvalidOptionError('request', text, 'text in UTF-8'));
      });
      const gone = () => reject(new UnavailableError('the client has gone'));
      request.on('error', gone);
      request.on('close', gone);
    });
  }

  /** Calls `over` once, when the answer was taken to its end or the client has left. */
  onOver(over: () => void): void {
    const { request, response } = this;
    // A request that waits behind another one of its connection hears nothing of the end of that.
    const { socket } = request;
    // One for each request that is written before the first is answered.
    socket.setMaxListeners(0);
    const once = () => {
      socket.off('close', once);
      response.off('close', once);
      over();
    };
    socket.on('close', once);
    response.on('close', once);
  }

  answer(answer: Answer): void {
    sendAnswer(this.response, answer, this.answering);
  }

  /** Begins an answer of server-sent events. */
  stream(): EventStream {
    return new EventStream(this.response, this.requestId);
  }
}
