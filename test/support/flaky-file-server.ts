import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server answers one request; the default sends what was asked for. */
export interface FileAnswer {
  /** Drops the connection after this many bytes of the body. */
  readonly dropAfter?: number;
  /** Sends this many bytes of the body and then nothing more, with the connection open. */
  readonly stallAfter?: number;
  /** Never answers. */
  readonly silent?: boolean;
  readonly ignoreRange?: boolean;
  readonly status?: number;
  /** In place of the file's own. */
  readonly body?: Uint8Array;
  readonly announceLength?: boolean;
  readonly contentRange?: (from: number) => string;
}

export interface FlakyFileServer {
  readonly url: string;
  /** The Range header of every request, '' without one. */
  readonly ranges: readonly string[];
  /** Answers to the next requests, in order. */
  script(...answers: FileAnswer[]): void;
  close(): Promise<void>;
}

/** Serves one file over HTTP, badly where told to. */
export async function startFlakyFileServer(file: Uint8Array): Promise<FlakyFileServer> {
  const ranges: string[] = [];
  const answers: FileAnswer[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? '');
    respond(file, answers.shift() ?? {}, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/model.gguf`,
    ranges,
    script: (...more) => {
      answers.length = 0;
      ranges.length = 0;
      answers.push(...more);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(
  file: Uint8Array,
  answer: FileAnswer,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (answer.silent === true) return;
  if (answer.status !== undefined) {
    response.writeHead(answer.status).end('no');
    return;
  }
  const from =
    answer.ignoreRange === true ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const whole = answer.body ?? file;
  const body = whole.subarray(from);
  const headers: Record<string, string | number> = {};
  if (answer.announceLength !== false) headers['content-length'] = body.length;
  if (from > 0 || answer.contentRange !== undefined)
    headers['content-range'] =
      answer.contentRange?.(from) ?? `bytes ${from}-${whole.length - 1}/${whole.length}`;
  response.writeHead('content-range' in headers ? 206 : 200, headers);
  const part = answer.dropAfter ?? answer.stallAfter;
  if (part === undefined) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, part), () => {
    if (answer.dropAfter !== undefined) response.socket?.destroySoon();
  });
}
