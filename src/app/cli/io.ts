import picocolors from 'picocolors';
import { processContext } from '../../../infra/config/process-context.js';
import type { ConfigContext } from '../../../infra/config/resolve.js';
import { SystemError } from '../../core/errors.js';
import { EXIT } from './exit-codes.js';

/** A stream for people or pipes. */
export interface CliOutput {
  readonly isTTY: boolean;
  readonly colored: boolean;
  /** A terminal whose cursor can be moved: what was written can be written over. */
  readonly redraws: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Resolves when more may be written. Never rejects: once nothing more can be written, text is dropped. */
  write(text: string): Promise<void>;
}

/** The world of a command; tests give their own. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Aborted by the first Ctrl-C or SIGTERM (its reason); the second ends the process at once. */
  readonly interrupted: AbortSignal;
  /** Aborted when stdout takes no more: its reason is a SystemError, unless the reader has gone, which is no error. */
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
    stdout: output(process.stdout, (error) => outputClosed.abort(lossOf(error))),
    stderr: output(process.stderr, () => {}),
    interrupted: interrupted.signal,
    outputClosed: outputClosed.signal,
    context: processContext,
  };
}

/** What `head` does to the command before it is not worth a word; a full disk is. */
function lossOf(error: NodeJS.ErrnoException): SystemError | undefined {
  if (error.code === 'EPIPE') return undefined;
  return new SystemError(`cannot write to stdout: ${error.message}`, { cause: error });
}

function output(stream: NodeJS.WriteStream, onClosed: (error: NodeJS.ErrnoException) => void): CliOutput {
  let closed = false;
  let wake: (() => void) | undefined;
  stream.on('error', (error) => {
    closed = true;
    wake?.();
    onClosed(error);
  });
  return {
    isTTY: stream.isTTY === true,
    colored: stream.isTTY === true && picocolors.isColorSupported,
    redraws: stream.isTTY === true && process.env.TERM !== 'dumb',
    get columns() {
      // 0: a terminal that does not know.
      return stream.columns || 80;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (closed || stream.write(text)) return resolve();
        wake = resolve;
        stream.once('drain', resolve);
      }),
  };
}
