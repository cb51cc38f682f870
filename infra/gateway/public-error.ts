import {
  BusyError,
  ContextLengthError,
  GenerationCancelledError,
  GenerationNotFoundError,
  InvalidOptionError,
  ModelNotServedError,
  NoWorkerError,
  RequestTooLargeError,
  ResultTooLargeError,
  SlipstreamError,
  UnavailableError,
} from '../../src/core/errors.js';
import { inWireNames } from './wire-request.js';

/** What a client may know of an error. */
export interface PublicError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly allowed?: string;
}

/** The causes that a client can do something about; their messages speak of the request and of nothing else. */
const SPOKEN = [
  InvalidOptionError,
  ContextLengthError,
  RequestTooLargeError,
  ModelNotServedError,
  BusyError,
  UnavailableError,
  GenerationNotFoundError,
  GenerationCancelledError,
  ResultTooLargeError,
];

/** Whether the client caused it, or at least needs no help of an operator. */
export function concernsClient(error: unknown): boolean {
  return SPOKEN.some((cause) => error instanceof cause);
}

function publicReason(error: SlipstreamError): string {
  return error instanceof NoWorkerError
    ? "no target could go on with this; the server's log says more"
    : 'the server could not finish this; its log says why';
}

/**
 * Other errors keep their stable code and lose their message, which may hold paths or what a native library said;
 * the log has it under the request's id.
 */
export function publicError(error: unknown): PublicError {
  if (error instanceof InvalidOptionError) {
    const { code, message, field, allowed } = inWireNames(error);
    return { code, message, field, allowed };
  }
  if (error instanceof SlipstreamError)
    return { code: error.code, message: concernsClient(error) ? error.message : publicReason(error) };
  return { code: 'internal_error', message: 'something went wrong in the server; its log says what' };
}
