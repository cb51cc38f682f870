import { errorMessage, GenerationNotFoundError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { ErrorFrame } from './frames.js';
import { concernsClient, type PublicError, publicError } from './public-error.js';

interface ErrorContext {
  /** The generation it is about. */
  readonly id?: string;
  /** The `ref` of the frame it answers. */
  readonly ref?: string | undefined;
  /** Names what was asked in the log. */
  readonly requestId: string;
  readonly logger: Logger;
}

/** What a client may know of an error; the log has the rest. */
export function tellError(error: unknown, logger: Logger, generation?: string): PublicError {
  const told = publicError(error);
  if (concernsClient(error)) logger.debug({ code: told.code, field: told.field }, 'request refused');
  else logger.warn({ generation, code: told.code, error: errorMessage(error) }, 'request failed');
  return told;
}

/** What a client of a socket is told of an error. */
export function errorFrame(error: unknown, { requestId, logger, ref, ...about }: ErrorContext): ErrorFrame {
  const { id = error instanceof GenerationNotFoundError ? error.generation : undefined } = about;
  const told = tellError(error, logger, id);
  return {
    type: 'error',
    ...told,
    ...(id !== undefined && { id }),
    ...(ref !== undefined && { ref }),
    request_id: requestId,
  };
}
