import { choiceOption, type OptionDefinitions } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Options of the log on stderr. */
export interface LogOptions {
  /** Least severe lines to show. Default `warn` for commands that end, `info` for servers and workers. */
  readonly logLevel?: LogLevel;
  /** One JSON object a line, or short lines for people. Default `auto`: pretty on a terminal. */
  readonly logFormat?: LogFormat;
}

export interface CompiledLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

export const logOptionDefinitions: OptionDefinitions<LogOptions> = {
  logLevel: choiceOption({
    flag: 'log-level',
    placeholder: 'LEVEL',
    choices: LOG_LEVELS,
    description: 'least severe lines to log on stderr',
    defaultText: 'info for serve and worker, else warn',
  }),
  logFormat: choiceOption({
    flag: 'log-format',
    choices: LOG_FORMATS,
    description: 'how log lines look; auto is pretty on a terminal and json elsewhere',
    defaultText: 'auto',
  }),
};

export function compileLogOptions(
  options: LogOptions,
  defaultLevel: LogLevel,
  context: ConfigContext = processContext(),
): CompiledLogOptions {
  const { values } = resolveOptions(logOptionDefinitions, options, context);
  return Object.freeze({ level: values.logLevel ?? defaultLevel, format: values.logFormat ?? 'auto' });
}
