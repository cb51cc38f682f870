import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Answer, type Answering, encodeAnswer } from './answer.js';

/** Answers on a bare connection, in plain HTTP, and ends it. */
export function answerAndEnd(socket: Duplex, answer: Answer, { requestId, stallMs }: Answering): void {
  const { text, headers } = encodeAnswer(answer, requestId);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  // Declared as a stream of any kind, it is what came in by the port.
  (socket as Socket).setTimeout(stallMs, () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${text}`);
}
