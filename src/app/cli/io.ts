import picocolors from 'picocolors';
import { processContext } from '../../../infra/config/process-context.js';
import type { ConfigContext } from '../../../infra/config/resolve.js';
import { EXIT } from './exit-codes.js';

/** A stream for people or pipes. */
export interface CliOutput {
  readonly isTTY: boolean;
  readonly colored: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Resolves when more may be written. Never rejects: once the reader has gone, text is dropped. */
  write(text: string): Promise<void>;
}

/** The world of a command; tests give their own. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Aborted by the first Ctrl-C or SIGTERM (its reason); the second ends the process at once. */
  readonly interrupted: AbortSignal;
  /** Aborted when the reader of stdout has gone. */
  readonly outputClosed: AbortSignal;
  context(nameOf: (field: string) => string): ConfigContext;
}

/** The streams and signals of this process. */
export function processIo(): CliIo {
  const interrupted = new AbortController();
  // A terminal sends Ctrl-C to children too, but the parent of one decides when it ends.
  if (process.channel !== undefined) process.on('SIGINT', () => {});
  const signals = process.channel === undefined ? (['SIGINT', 'SIGTERM'] as const) : (['SIGTERM'] as const);
  for (const signal of signals)
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
      interrupted.abort(signal);
    });
  const outputClosed = new AbortController();
  return {
    stdin: process.stdin,
    stdout: output(process.stdout, () => outputClosed.abort()),
    stderr: output(process.stderr, () => {}),
    interrupted: interrupted.signal,
    outputClosed: outputClosed.signal,
    context: processContext,
  };
}

function output(stream: NodeJS.WriteStream, onClosed: () => void): CliOutput {
  let closed = false;
  let wake: (() => void) | undefined;
  stream.on('error', () => {
    closed = true;
    wake?.();
    onClosed();
  });
  return {
    isTTY: stream.isTTY === true,
    colored: stream.isTTY === true && picocolors.isColorSupported,
    get columns() {
      return stream.columns ?? 80;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (closed || stream.write(text)) return resolve();
        wake = resolve;
        stream.once('drain', resolve);
      }),
  };
}
