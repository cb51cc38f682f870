import { engineOptionDefinitions } from '../../../../infra/config/engine-options.js';
import { gatewayOptionDefinitions } from '../../../../infra/config/gateway-options.js';
import { importOptionDefinitions } from '../../../../infra/config/import-options.js';
import { logOptionDefinitions } from '../../../../infra/config/log-options.js';
import { environmentName } from '../../../../infra/config/option.js';
import { workerOptionDefinitions } from '../../../../infra/config/worker-options.js';
import type { Check } from './check.js';

const KNOWN: ReadonlySet<string> = new Set(
  [
    engineOptionDefinitions,
    gatewayOptionDefinitions,
    importOptionDefinitions,
    logOptionDefinitions,
    workerOptionDefinitions,
  ]
    .flatMap((definitions) => Object.keys(definitions))
    .map(environmentName),
);

/** Which of our variables are set, and which nobody reads: a misspelt one would do nothing without a word. */
export function environmentCheck(environment: Readonly<Record<string, string | undefined>>): Check {
  const what = 'environment';
  return {
    what,
    examine: () => {
      const names = Object.keys(environment).filter((name) => name.startsWith('SLIPSTREAM_'));
      const unknown = names.filter((name) => !KNOWN.has(name));
      if (unknown.length > 0)
        return { what, status: 'warning', detail: `there is no such setting: ${unknown.join(', ')}` };
      return { what, status: 'ok', detail: names.length === 0 ? 'nothing set' : `set: ${names.join(', ')}` };
    },
  };
}
