import type { ServerResponse } from 'node:http';

const JSON_TYPE = 'application/json';
const NO_CONTENT = 204;

/** What an HTTP request is answered, whole. */
export interface Answer {
  readonly status: number;
  /** An object goes as JSON, a text as it is: `headers` say what it is. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the shape that clients of OpenAI-compatible servers expect. */
export function refusal(status: number, type: string, code: string, message: string, param?: string): Answer {
  return { status, body: { error: { message, type, param: param ?? null, code } } };
}

/** The body as it goes over the wire, and the headers that say what it is. */
export function encodeAnswer({ status, body, headers }: Answer, requestId: string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const about = { 'content-type': JSON_TYPE, 'content-length': String(Buffer.byteLength(text)) };
  return {
    text,
    headers: {
      ...(status !== NO_CONTENT && about),
      ...headers,
      'x-request-id': requestId,
      'cache-control': 'no-store',
    },
  };
}

/** How a request is answered, whatever the answer is. */
export interface Answering {
  /** Names it in the answer and in the log. */
  readonly requestId: string;
  /** The client is cut when it takes nothing of an answer for this long. */
  readonly stallMs: number;
}

/** Answers at once; nothing happens where the client has gone or was answered. */
export function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  { requestId, stallMs }: Answering,
): void {
  if (response.headersSent || response.destroyed) return;
  response.setTimeout(stallMs, () => response.destroy());
  // The next answer on this connection may be long in coming. First of all: Node then says how long it may be idle.
  response.prependOnceListener('finish', () => response.setTimeout(0));
  const { text, headers } = encodeAnswer(answer, requestId);
  response.writeHead(answer.status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
