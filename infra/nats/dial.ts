import { connect, errors, type NatsConnection, type NodeConnectionOptions } from 'nats';
import { errorMessage, NatsUnavailableError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { type NatsConnectionOptions, nodeConnectionOptions } from './connection-options.js';

const RETRY_MS = 200;

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;

/** One connection of those that these options describe; `role` is what tells it from others in the server's list. */
export function dialAs(
  role: string,
  options: NatsConnectionOptions,
  scheduler: Scheduler,
): Promise<NatsConnection> {
  const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  return dial(nodeConnectionOptions(options, role), timeoutMs, scheduler);
}

/**
 * Opens one connection; tries again until `timeoutMs` is over, since a server may just be starting. Throws
 * NatsUnavailableError naming the addresses, at once when the server refuses the credentials.
 */
export async function dial(
  options: NodeConnectionOptions,
  timeoutMs: number,
  scheduler: Scheduler,
): Promise<NatsConnection> {
  const deadlineMs = scheduler.now() + timeoutMs;
  let reason: unknown;
  for (;;) {
    const remainingMs = Math.max(1, deadlineMs - scheduler.now());
    try {
      return await connect({ ...options, timeout: remainingMs });
    } catch (error) {
      // The last try may be too short for any answer: what an earlier one met says more.
      if (reason === undefined || !(error instanceof errors.TimeoutError)) reason = error;
      const where = describeServers(options.servers);
      if (error instanceof errors.AuthorizationError)
        throw new NatsUnavailableError(`NATS server ${where} refuses the credentials given`, {
          cause: error,
        });
      if (scheduler.now() + RETRY_MS >= deadlineMs)
        throw new NatsUnavailableError(`NATS server ${where} cannot be reached: ${describeCause(reason)}`, {
          cause: reason,
        });
    }
    await new Promise<void>((resolve) => scheduler.schedule(RETRY_MS, resolve));
  }
}

function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return errorMessage(cause) || errorMessage(error) || 'no answer';
}

/** Addresses for people: without what may be a password. */
function describeServers(servers: string | string[] | undefined): string {
  const list = typeof servers === 'string' ? [servers] : (servers ?? []);
  return list.map((url) => url.replace(/\/\/[^/@]*@/, '//***@')).join(', ');
}
