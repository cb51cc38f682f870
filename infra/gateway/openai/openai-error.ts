import {
  BusyError,
  ContextLengthError,
  GenerationCancelledError,
  InvalidOptionError,
  ModelNotServedError,
  NoWorkerError,
  RequestTooLargeError,
  UnavailableError,
} from '../../../src/core/errors.js';
import { type Answer, refusal } from '../answer.js';
import type { PublicError } from '../public-error.js';

type Cause = abstract new (...args: never) => Error;

/** The status and the type of error that clients expect; those from 500 on, 409 and 429 they try again. */
const STATUSES: readonly (readonly [Cause, number, string])[] = [
  [InvalidOptionError, 400, 'invalid_request_error'],
  [ContextLengthError, 400, 'invalid_request_error'],
  [RequestTooLargeError, 413, 'invalid_request_error'],
  [ModelNotServedError, 404, 'not_found_error'],
  [GenerationCancelledError, 410, 'cancelled_error'],
  [BusyError, 429, 'rate_limit_error'],
  [UnavailableError, 503, 'unavailable_error'],
  [NoWorkerError, 503, 'unavailable_error'],
];

/** After so many seconds a full server may have room again. */
const RETRY_AFTER_S = 1;

/** An error as a whole answer; its body is also how a stream ends. */
export function errorAnswer(error: unknown, { code, message, field }: PublicError): Answer {
  const [, status, type] = STATUSES.find(([cause]) => error instanceof cause) ?? [
    undefined,
    500,
    'server_error',
  ];
  return {
    ...refusal(status, type, code, message, field?.split(' ', 1)[0]),
    headers: {
      ...(status === 429 && { 'retry-after': String(RETRY_AFTER_S) }),
      // What is left of the request is not read.
      ...(status === 413 && { connection: 'close' }),
    },
  };
}
