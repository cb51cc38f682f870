import type { IncomingMessage } from 'node:http';
import { type AccessRules, originAllowed } from './access.js';

type Headers = Readonly<Record<string, string>>;

/** What tells a browser that a page of another origin may read the answer; nothing for a page that may not. */
export function crossOriginHeaders({ headers }: IncomingMessage, rules: AccessRules): Headers {
  const { origin } = headers;
  if (origin === undefined || !originAllowed(headers, rules)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-request-id, retry-after',
    vary: 'Origin',
  };
}

/** Whether a browser asks what it may ask. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** What a browser may ask with, besides what it always may. */
export function preflightHeaders({ headers }: IncomingMessage): Headers {
  return {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '600',
  };
}
