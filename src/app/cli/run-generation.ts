import type {
  GenerationEnd,
  GenerationHandle,
  GenerationRequest,
  GenerationService,
  LoggedToken,
} from '../../core/engine.js';
import { InvalidOptionError } from '../../core/errors.js';
import { respellField } from '../../core/request-check.js';
import { followLog } from './follow.js';
import type { CliIo } from './io.js';
import { requestFlagName } from './request-flags.js';

/** What the engine refuses, as the user wrote it: a flag holds the text of the only message. */
function asWritten(error: InvalidOptionError, { messages }: GenerationRequest): InvalidOptionError {
  const { field, value, allowed } = respellField(error, requestFlagName);
  return new InvalidOptionError(field, error.field === 'messages' ? messages?.[0]?.content : value, allowed);
}

/**
 * Runs one generation to its end, giving tokens to `onTokens` as they are committed. Ctrl-C and a closed stdout
 * cancel it. What the engine refuses is named as the user wrote it.
 */
export async function runGeneration(
  service: GenerationService,
  request: GenerationRequest,
  io: CliIo,
  onTokens: (tokens: readonly LoggedToken[]) => Promise<void> | void,
): Promise<{ handle: GenerationHandle; end: GenerationEnd }> {
  const handle = await service.create(request).catch((error: unknown) => {
    throw error instanceof InvalidOptionError ? asWritten(error, request) : error;
  });
  const stops = [io.interrupted, io.outputClosed];
  const cancel = () => handle.cancel();
  for (const signal of stops) signal.addEventListener('abort', cancel, { once: true });
  try {
    if (stops.some((signal) => signal.aborted)) cancel();
    return { handle, end: await followLog(handle.log, onTokens) };
  } finally {
    for (const signal of stops) signal.removeEventListener('abort', cancel);
  }
}
