import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { type Answer, refusal, sendAnswer } from './answer.js';
import { HttpExchange } from './http-exchange.js';
import { toOriginForm } from './origin-form.js';

/** Answers later. */
export type Serve = (exchange: HttpExchange) => Promise<void>;

export interface RespondOptions {
  /** A client is cut when it takes nothing of an answer for this long. */
  readonly stallMs: number;
  readonly logger: Logger;
  newRequestId(): string;
  answer(request: IncomingMessage): Answer | Serve;
  /** Headers of whatever the request is answered. */
  headers(request: IncomingMessage): Readonly<Record<string, string>>;
}

/** Answers a request, now or later. */
export function respond(request: IncomingMessage, response: ServerResponse, options: RespondOptions): void {
  const { logger, stallMs } = options;
  const requestId = options.newRequestId();
  const answering = { requestId, stallMs };
  const failed = (error: unknown) => sendAnswer(response, failure(error, requestId, logger), answering);
  toOriginForm(request);
  try {
    for (const [name, value] of Object.entries(options.headers(request))) response.setHeader(name, value);
    const answer = options.answer(request);
    if (typeof answer === 'function') answer(new HttpExchange(request, response, answering)).catch(failed);
    else sendAnswer(response, answer, answering);
  } catch (error) {
    failed(error);
  }
}

/** What a client may know of a defect; the log has the rest. */
export function failure(error: unknown, requestId: string, logger: Logger): Answer {
  logger.error({ requestId, error: errorMessage(error) }, 'request failed');
  return refusal(
    500,
    'server_error',
    'internal_error',
    'something went wrong in the server; its log says what',
  );
}
