import type { IncomingMessage } from 'node:http';

/**
 * Proxies may ask for a whole address in place of its path. The host in it is the one that counts then, whatever the Host
 * header says (RFC 9112, section 3.2.2).
 */
export function toOriginForm(request: IncomingMessage): void {
  const [, host, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(request.url ?? '') ?? [];
  if (host === undefined || rest === undefined) return;
  request.headers.host = host;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}
