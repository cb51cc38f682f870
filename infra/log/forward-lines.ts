import type { Logger } from '../../src/core/logger.js';
import { LOG_LEVELS } from '../config/log-options.js';

type Level = 'debug' | 'info' | 'warn' | 'error';

/**
 * Takes what a child writes to stderr, in any pieces, and logs its lines here: JSON lines under their own level, so
 * that one setting decides what is shown and how, and anything else (a crash, a native library) as a warning.
 */
export function createLineForwarder(logger: Logger): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') forward(line, logger);
  };
}

function forward(line: string, logger: Logger): void {
  const entry = parse(line);
  if (entry === undefined) {
    logger.warn({ line: line.slice(0, MAX_LINE) }, 'worker wrote');
    return;
  }
  const { level, msg, time: _, ...data } = entry;
  logger[level](data, msg);
}

const MAX_LINE = 2000;

function parse(line: string): { level: Level; msg: string; time?: unknown } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('level' in entry) || !('msg' in entry))
      return undefined;
    const { level, msg } = entry;
    if (typeof msg !== 'string' || level === 'silent') return undefined;
    if (!(LOG_LEVELS as readonly unknown[]).includes(level)) return undefined;
    return { ...entry, level: level as Level, msg };
  } catch {
    return undefined;
  }
}
