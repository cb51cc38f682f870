import type { ServerResponse } from 'node:http';

const JSON_TYPE = 'application/json';

/** What an HTTP request is answered, whole. */
export interface Answer {
  readonly status: number;
  /** An object goes as JSON, a text as it is: `headers` say what it is. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the shape that clients of OpenAI-compatible servers expect. */
export function refusal(
  status: number,
  type: string,
  code: string,
  message: string,
  param: string | null = null,
): Answer {
  return { status, body: { error: { message, type, param, code } } };
}

/** The body as it goes over the wire, and the headers that say what it is. */
export function encodeAnswer({ body, headers }: Answer, requestId: string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    text,
    headers: {
      'content-type': JSON_TYPE,
      ...headers,
      'x-request-id': requestId,
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
    },
  };
}

/** Answers at once; nothing happens where the client has gone or was answered. */
export function sendAnswer(response: ServerResponse, answer: Answer, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  const { text, headers } = encodeAnswer(answer, requestId);
  response.writeHead(answer.status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
