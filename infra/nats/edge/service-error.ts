import { headers, type MsgHdrs } from 'nats';
import type { ErrorFrame } from '../../gateway/frames.js';

/** As HTTP would say it, for tools that look at the code alone. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_option: 400,
  context_length_exceeded: 400,
  busy: 429,
  unavailable: 503,
  no_worker: 503,
};

/** The headers by which NATS services tell errors (ADR-32). */
export function serviceErrorHeaders({ code, message }: Pick<ErrorFrame, 'code' | 'message'>): MsgHdrs {
  const told = headers();
  told.set('Nats-Service-Error-Code', String(STATUS[code] ?? 500));
  // A header is one line.
  told.set('Nats-Service-Error', message.replaceAll(/[\r\n]+/g, ' '));
  return told;
}
