import { closeSync, openSync, writeSync } from 'node:fs';
import { errorMessage, SystemError } from '../../src/core/errors.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { TraceEvent, TraceSink } from '../../src/core/trace.js';
import { ChromeEventEncoder } from './chrome-events.js';

export interface ChromeTrace {
  readonly sink: TraceSink;
  /** Writes what is left. Closing twice is harmless; what is traced after it is ignored. */
  close(): void;
}

const FLUSH_EVENTS = 256;
const FLUSH_MS = 250;
const TAIL = '\n]}\n';

/**
 * Writes a trace that Chrome and Perfetto read. The file is complete JSON after every write, because each write
 * covers the closing brackets of the one before and adds its own: a crash loses at most what the last quarter of
 * a second has not written. Throws SystemError when the file cannot be opened; a later failure (disk full) is told
 * to `onError` once and ends the trace, never the work.
 */
export function openChromeTrace(
  path: string,
  scheduler: Scheduler,
  onError: (error: SystemError) => void,
): ChromeTrace {
  let file: number | undefined = open(path);
  const startedAtMs = scheduler.now();
  const encoder = new ChromeEventEncoder(startedAtMs);
  let pending: string[] = [];
  let position = 0;
  let written = false;
  let cancelTimer: Cancel | undefined;

  const flush = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    if (file === undefined || pending.length === 0) return;
    const text = (written ? ',\n' : '\n') + pending.join(',\n');
    pending = [];
    try {
      const end = position + Buffer.byteLength(text);
      writeAll(file, text + TAIL, position);
      position = end;
      written = true;
    } catch (error) {
      fail(error);
    }
  };
  const stop = (): void => {
    process.off('exit', close);
    cancelTimer?.();
    cancelTimer = undefined;
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  const fail = (error: unknown): void => {
    stop();
    onError(new SystemError(`cannot write the trace to ${path}: ${errorMessage(error)}`, { cause: error }));
  };
  const close = (): void => {
    flush();
    stop();
  };

  const header = `{"displayTimeUnit":"ms","otherData":{"startedAtMs":${startedAtMs}},"traceEvents":[`;
  try {
    writeAll(file, header + TAIL, position);
    position = Buffer.byteLength(header);
  } catch (error) {
    closeSync(file);
    throw new SystemError(`cannot write the trace to ${path}: ${errorMessage(error)}`, { cause: error });
  }
  process.once('exit', close);

  return {
    sink: (event: TraceEvent) => {
      if (file === undefined) return;
      pending.push(...encoder.encode(event));
      if (pending.length >= FLUSH_EVENTS) flush();
      else cancelTimer ??= scheduler.schedule(FLUSH_MS, flush);
    },
    close,
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new SystemError(`cannot write the trace to ${path}: ${errorMessage(error)}`, { cause: error });
  }
}

function writeAll(file: number, text: string, position: number): void {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
