import type { ConfigContext } from '../../../infra/config/resolve.js';

/** A machine of four cores with nothing in its environment. */
export function testContext(
  environment: Readonly<Record<string, string>> = {},
  changes: Partial<ConfigContext> = {},
): ConfigContext {
  return {
    environment,
    cores: 4,
    cacheFolder: '/cache',
    hostName: 'host-1',
    unreadable: () => undefined,
    nameOf: (field) => field,
    ...changes,
  };
}
