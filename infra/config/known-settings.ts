import { engineOptionDefinitions } from './engine-options.js';
import { gatewayOptionDefinitions } from './gateway-options.js';
import { importOptionDefinitions } from './import-options.js';
import { logOptionDefinitions } from './log-options.js';
import { environmentName } from './option.js';
import { workerOptionDefinitions } from './worker-options.js';

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

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are meant for us. */
export function ourVariables(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => name.startsWith('SLIPSTREAM_'));
}

/** Those of them that nobody reads: a misspelt one would do nothing without a word. */
export function unknownVariables(environment: Environment): string[] {
  return ourVariables(environment).filter((name) => !KNOWN.has(name));
}
