import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback, unbracketed } from './loopback.js';

/** The subprotocol of `/v1/stream`; browsers that present a key must offer it too. */
export const PROTOCOL = 'slipstream.v1';
/** A browser cannot set headers, so it offers its key as a subprotocol: this, then the key in base64url. */
const KEY_PROTOCOL = 'slipstream.key.';

export interface AccessRules {
  /** Empty: no key is asked for. */
  readonly keys: readonly string[];
  /** Origins of pages that may connect, besides those this gateway's own address serves; `*` for every page. */
  readonly allowedOrigins: readonly string[];
  /** Names under which clients may call a gateway that is bound to loopback, besides loopback's own. */
  readonly allowedHosts: readonly string[];
}

/**
 * Whether the Host header is one that this gateway goes by. A gateway on loopback believes loopback names only:
 * else a web page whose name its owner points at 127.0.0.1 could talk to it (DNS rebinding).
 */
export function hostAllowed(
  headers: IncomingHttpHeaders,
  boundAddress: string,
  { allowedHosts }: AccessRules,
): boolean {
  const name = hostName(headers.host);
  if (name === undefined) return false;
  return !isLoopback(boundAddress) || isLoopback(name) || allowedHosts.includes(name);
}

/** Whether the page that asks may. No Origin: no browser. Same origin counts only under a name that cannot be rebound. */
export function originAllowed(headers: IncomingHttpHeaders, rules: AccessRules): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (rules.allowedOrigins.includes('*') || rules.allowedOrigins.includes(origin)) return true;
  const name = hostName(host);
  if (name === undefined || (origin !== `http://${host}` && origin !== `https://${host}`)) return false;
  return isLoopback(name) || isIP(unbracketed(name)) !== 0 || rules.allowedHosts.includes(name);
}

/** Whether the request presents one of the keys. Takes as long for a near miss as for a far one. */
export function keyAccepted(headers: IncomingHttpHeaders, { keys }: AccessRules): boolean {
  if (keys.length === 0) return true;
  const presented = presentedKey(headers);
  if (presented === undefined) return false;
  const digest = sha256(presented);
  return keys.map((key) => timingSafeEqual(sha256(key), digest)).includes(true);
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const encoded = offered.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString();
}

function hostName(host: string | undefined): string | undefined {
  return /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
