import type { Command } from 'commander';
import { unknownVariables } from '../../../infra/config/known-settings.js';
import { compileLogOptions, type LogLevel, logOptionDefinitions } from '../../../infra/config/log-options.js';
import { createLogger } from '../../../infra/log/logger.js';
import type { Logger } from '../../core/logger.js';
import type { CliIo } from './io.js';
import { flagName, readFlags } from './option-flags.js';

/** The log of a command, on stderr. It begins with what the environment sets in vain. */
export function openLogger(command: Command, io: CliIo, defaultLevel: LogLevel): Logger {
  const context = io.context(flagName(logOptionDefinitions));
  const options = compileLogOptions(readFlags(command, logOptionDefinitions), defaultLevel, context);
  const { stderr } = io;
  const logger = createLogger(
    options,
    {},
    { isTTY: stderr.isTTY, colored: stderr.colored, write: (text) => void stderr.write(text) },
  );
  const variables = unknownVariables(context.environment);
  if (variables.length > 0) logger.warn({ variables }, 'variables that no setting reads');
  return logger;
}
