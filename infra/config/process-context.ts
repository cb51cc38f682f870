import { availableParallelism, hostname } from 'node:os';
import envPaths from 'env-paths';
import type { ConfigContext } from './resolve.js';

/** The context of this process: the one place that reads `process.env`. */
export function processContext(nameOf: (field: string) => string = (field) => field): ConfigContext {
  return {
    environment: process.env,
    cores: availableParallelism(),
    cacheFolder: envPaths('slipstream', { suffix: '' }).cache,
    hostName: hostname(),
    nameOf,
  };
}
