import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import envPaths from 'env-paths';
import { errorMessage } from '../../src/core/errors.js';
import type { ConfigContext } from './resolve.js';

/** The context of this process: the one place that reads `process.env`. */
export function processContext(nameOf: (field: string) => string = (field) => field): ConfigContext {
  return {
    environment: process.env,
    cores: availableParallelism(),
    cacheFolder: envPaths('slipstream', { suffix: '' }).cache,
    hostName: hostname(),
    unreadable,
    nameOf,
  };
}

function unreadable(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
