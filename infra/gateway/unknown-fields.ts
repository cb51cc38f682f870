import type { Logger } from '../../src/core/logger.js';

/** What a client calls its fields goes into the log, but no client may fill it. */
const MAX_LOGGED_FIELDS = 20;
const MAX_LOGGED_NAME = 64;

/** For requests that were accepted: of those there are no more than the engine can take. */
export function logUnknownFields(logger: Logger, names: readonly string[]): void {
  if (names.length === 0) return;
  const fields = names.slice(0, MAX_LOGGED_FIELDS).map((name) => name.slice(0, MAX_LOGGED_NAME));
  logger.info({ fields }, 'unknown fields ignored');
}
