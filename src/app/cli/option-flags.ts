import type { Command } from 'commander';
import {
  environmentName,
  type OptionDefinition,
  type OptionDefinitions,
} from '../../../infra/config/option.js';
import { definitionEntries } from '../../../infra/config/resolve.js';

/** Gives a command the flags of a group of settings. */
export function addFlags<Options>(
  command: Command,
  definitions: OptionDefinitions<Options>,
  omitted: readonly (keyof Options)[] = [],
): void {
  for (const [key, definition] of definitionEntries(definitions)) {
    if (definition.flag === undefined || omitted.includes(key as keyof Options)) continue;
    const { flag, placeholder, description, defaultText, repeatable } = definition;
    const usage = `--${flag} <${placeholder}>`;
    const text = `${description} (default: ${defaultText})`;
    if (placeholder === undefined) command.option(`--${flag}`, description);
    else if (repeatable) command.option(usage, text, keepAll);
    else command.option(usage, text);
  }
}

/** The settings that were given as flags, read but not yet checked: their `compile` function does that. */
export function readFlags<Options>(
  command: Command,
  definitions: OptionDefinitions<Options>,
): { [Key in keyof Options]?: NonNullable<Options[Key]> } {
  const given: Readonly<Record<string, unknown>> = command.opts();
  const values: Record<string, unknown> = {};
  for (const [key, definition] of definitionEntries(definitions)) {
    if (definition.flag === undefined) continue;
    const value = given[attribute(definition.flag)];
    if (value === true) values[key] = true;
    else if (typeof value === 'string') values[key] = definition.fromText(value);
  }
  return values as { [Key in keyof Options]?: NonNullable<Options[Key]> };
}

/** How a field is spelt on the command line; a secret is spelt as its environment variable. */
export function flagName<Options>(definitions: OptionDefinitions<Options>): (field: string) => string {
  const byKey: Readonly<Record<string, OptionDefinition<unknown>>> = Object.fromEntries(
    definitionEntries(definitions),
  );
  return (field) => {
    const flag = byKey[field]?.flag;
    return flag === undefined ? environmentName(field) : `--${flag}`;
  };
}

function keepAll(value: string, previous: string | undefined): string {
  return previous === undefined ? value : `${previous},${value}`;
}

/** Commander's name for `--nats-tls-ca` is `natsTlsCa`. */
function attribute(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
