import type { OptionDefinitions } from './option.js';
import { type ConfigContext, type ResolvedOptions, resolveOptions } from './resolve.js';

/**
 * The fields that were given, checked one by one. Nothing comes from the environment: what it says of real workers
 * must not change a simulation or an experiment.
 */
export function resolveGiven<Options extends object>(
  definitions: OptionDefinitions<Options>,
  options: Options,
  { nameOf }: Pick<ConfigContext, 'nameOf'>,
): ResolvedOptions<Options>['values'] {
  return resolveOptions(definitions, options, { environment: {}, nameOf }).values;
}
