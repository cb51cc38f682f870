import { InvalidOptionError } from '../../src/core/errors.js';
import { environmentName, type OptionDefinition, type OptionDefinitions, requireAccepted } from './option.js';

/** What compiling options needs to know of the process; tests give their own. */
export interface ConfigContext {
  /** As `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Processor cores that this process may use. */
  readonly cores: number;
  /** Where this user's caches live, our own folder name included. */
  readonly cacheFolder: string;
  readonly hostName: string;
  /** Why a file cannot be read; undefined when it can. */
  unreadable(path: string): string | undefined;
  /** How the caller spells a field, for errors: `topP` or `--top-p`. */
  nameOf(field: string): string;
}

/** The fields that somebody set, checked one by one; `nameOf` says where a value came from. */
export interface ResolvedOptions<Options> {
  readonly values: { readonly [Key in keyof Options]?: NonNullable<Options[Key]> };
  nameOf(field: keyof Options & string): string;
}

/**
 * Takes each field from the given options, else from the environment. Throws InvalidOptionError for a value
 * outside its range and for a field that does not exist.
 */
export function resolveOptions<Options extends object>(
  definitions: OptionDefinitions<Options>,
  options: Options,
  context: Pick<ConfigContext, 'environment' | 'nameOf'>,
): ResolvedOptions<Options> {
  const values: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const given = options as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(definitions, key) && given[key] !== undefined)
      throw new InvalidOptionError(context.nameOf(key), given[key], 'left out: there is no such option');
  }
  for (const [key, definition] of definitionEntries(definitions)) {
    const value = given[key];
    if (value !== undefined) {
      names.set(key, context.nameOf(key));
      values[key] = requireAccepted(definition, context.nameOf(key), value);
      continue;
    }
    const name = environmentName(key);
    const text = context.environment[name];
    if (text !== undefined && text !== '') {
      names.set(key, name);
      values[key] = requireAccepted(definition, name, definition.fromText(text));
    }
  }
  return {
    values: values as ResolvedOptions<Options>['values'],
    nameOf: (field) => names.get(field) ?? context.nameOf(field),
  };
}

export function definitionEntries<Options>(
  definitions: OptionDefinitions<Options>,
): readonly (readonly [string, OptionDefinition<unknown>])[] {
  return Object.entries(definitions) as unknown as (readonly [string, OptionDefinition<unknown>])[];
}
