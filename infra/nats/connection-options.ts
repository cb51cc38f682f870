import { readFileSync } from 'node:fs';
import { credsAuthenticator, type NodeConnectionOptions } from 'nats';
import { errorMessage, NatsUnavailableError } from '../../src/core/errors.js';
import { type NatsTlsOptions, nodeTlsOptions } from './tls-options.js';

/** How to reach and use a NATS server or cluster. */
export interface NatsConnectionOptions {
  /** Addresses such as `nats://host:4222` or `tls://host:4222`. */
  readonly servers: readonly string[];
  /** What the server's list of connections shows. */
  readonly name: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** Path of a `.creds` file (JWT and seed). */
  readonly credentialsFile?: string | undefined;
  /** Setting it demands TLS, as an address with `tls://` does. */
  readonly tls?: NatsTlsOptions | undefined;
  /**
   * First word(s) of the subjects that answers come to. Default `_INBOX`; one for each user keeps members from reading
   * each other's answers.
   */
  readonly inboxPrefix?: string | undefined;
  /** What every subject begins with. */
  readonly subjectPrefix: string;
  /** How long the first connection is tried, milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Milliseconds between pings. Default 2000; two unanswered ones mean a dead link. Whoever blocks its thread for
   * long gives at least twice its longest stretch: the ping timer runs before a waiting answer is read.
   */
  readonly pingIntervalMs?: number | undefined;
}

/**
 * Settings of nats.js. Its defaults give up after ten attempts to reconnect, and notice a half-open link only
 * after six minutes.
 */
export function nodeConnectionOptions(options: NatsConnectionOptions, role: string): NodeConnectionOptions {
  const tls = nodeTlsOptions(options.servers, options.tls);
  return {
    servers: [...options.servers],
    name: `${options.name}.${role}`,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 200,
    reconnectJitterTLS: 400,
    ignoreAuthErrorAbort: true,
    pingInterval: options.pingIntervalMs ?? 2000,
    maxPingOut: 2,
    timeout: options.connectTimeoutMs ?? 5000,
    noAsyncTraces: true,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
    ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.credentialsFile === undefined
      ? {}
      : { authenticator: credsAuthenticator(readCredentials(options.credentialsFile)) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function readCredentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new NatsUnavailableError(`the NATS credentials file cannot be read: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
