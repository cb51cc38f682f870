import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers of an offer that is not taken up. */
const OFFER = new Set(['upgrade', 'http2-settings']);

/**
 * Answers a request as if it offered no other protocol, which is how an offer is declined (RFC 9110, section 7.8). Node
 * hands the connection over as soon as it has read the headers, body or not: so they are read once more, without the
 * offer. Java's and curl's clients offer HTTP/2 so. Nothing that came before on this connection may be unanswered.
 */
export function declineUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.toLowerCase() === 'connection') lines.push(`${name}: ${withoutOffer(rawHeaders[at + 1])}`);
    else if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutOffer(options = ''): string {
  const kept = options.split(',').filter((option) => !OFFER.has(option.trim().toLowerCase()));
  return kept.join(',').trim() || 'keep-alive';
}
