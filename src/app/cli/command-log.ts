import type { Command } from 'commander';
import { compileLogOptions, type LogLevel, logOptionDefinitions } from '../../../infra/config/log-options.js';
import { createLogger } from '../../../infra/log/logger.js';
import type { Logger } from '../../core/logger.js';
import type { CliIo } from './io.js';
import { flagName, readFlags } from './option-flags.js';

/** The log of a command, on stderr. */
export function openLogger(command: Command, io: CliIo, defaultLevel: LogLevel): Logger {
  const options = compileLogOptions(
    readFlags(command, logOptionDefinitions),
    defaultLevel,
    io.context(flagName(logOptionDefinitions)),
  );
  const { stderr } = io;
  return createLogger(
    options,
    {},
    { isTTY: stderr.isTTY, colored: stderr.colored, write: (text) => void stderr.write(text) },
  );
}
