import { pino } from 'pino';
import type { Logger } from '../../src/core/logger.js';
import type { CompiledLogOptions } from '../config/log-options.js';
import { prettyLine } from './pretty-line.js';

/** Where lines go: `process.stderr`, or a test's. */
export interface LogStream {
  readonly isTTY?: boolean;
  /** Default: as `isTTY`. */
  readonly colored?: boolean;
  write(text: string): unknown;
}

/**
 * A structured log: one JSON object a line with `time` in milliseconds since the epoch, or short lines for people
 * when `stream` is a terminal. `bindings` go into every line.
 */
export function createLogger(
  options: CompiledLogOptions,
  bindings: Readonly<Record<string, unknown>> = {},
  stream: LogStream = process.stderr,
): Logger {
  const terminal = stream.isTTY === true;
  const pretty = options.format === 'pretty' || (options.format === 'auto' && terminal);
  const write = pretty
    ? (line: string) => stream.write(prettyLine(line, stream.colored ?? terminal))
    : (line: string) => stream.write(line);
  return pino(
    {
      level: options.level,
      base: bindings,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    { write },
  );
}
