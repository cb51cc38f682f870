import { InvalidOptionError } from '../../src/core/errors.js';

/** The members of a JSON object. Throws InvalidOptionError under the name `field` for any other text. */
export function parseJsonObject(field: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidOptionError(field, text, 'a JSON object');
  return value as Readonly<Record<string, unknown>>;
}
