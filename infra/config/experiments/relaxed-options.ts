import { resolveGiven } from '../given-options.js';
import { integerOption, listOption, type OptionDefinitions, oneOf } from '../option.js';
import type { ConfigContext } from '../resolve.js';

/** What `slipstream experiment relaxed` is told. */
export interface RelaxedOptions {
  readonly scenarios?: readonly string[];
  readonly tokens?: number;
  readonly seeds?: number;
}

export function relaxedOptionDefinitions(names: readonly string[]): OptionDefinitions<RelaxedOptions> {
  return {
    scenarios: listOption({
      flag: 'scenarios',
      most: names.length,
      pattern: new RegExp(`^(${names.join('|')})$`),
      allowed: `some of ${oneOf(names)}`,
      description: 'what is relaxed, separated by commas',
      defaultText: 'all',
    }),
    tokens: integerOption({
      flag: 'tokens',
      minimum: 20,
      maximum: 100_000,
      description: 'tokens per generation; at most 100 where several run',
      defaultText: '500',
    }),
    seeds: integerOption({
      flag: 'seeds',
      minimum: 1,
      maximum: 100,
      description: 'runs of everything, each with another text and other times',
      defaultText: '2',
    }),
  };
}

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileRelaxedOptions(
  names: readonly string[],
  options: RelaxedOptions,
  context: Pick<ConfigContext, 'nameOf'>,
): Required<RelaxedOptions> {
  const values = resolveGiven(relaxedOptionDefinitions(names), options, context);
  return Object.freeze({ scenarios: names, tokens: 500, seeds: 2, ...values });
}
