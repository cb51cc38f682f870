import { type Answer, refusal } from './answer.js';

/** What a client is told that broke the protocol, by the code of Node's error. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: invalid(431, 'headers_too_large', 'the headers are longer than this server reads'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: invalid(413, 'request_too_large', 'the extensions of a chunk are too long'),
  ERR_HTTP_REQUEST_TIMEOUT: invalid(408, 'request_timeout', 'the request did not come whole in time'),
};
const MALFORMED = invalid(400, 'malformed_request', 'this is not HTTP');

export const EXPECTATION_FAILED = invalid(
  417,
  'expectation_failed',
  'nothing but 100-continue may be expected',
);

/** Undefined where the connection itself broke: nobody hears an answer. */
export function clientErrorAnswer({ code = '' }: NodeJS.ErrnoException): Answer | undefined {
  return ANSWERS[code] ?? (code.startsWith('HPE_') ? MALFORMED : undefined);
}

function invalid(status: number, code: string, message: string): Answer {
  return refusal(status, 'invalid_request_error', code, message);
}
