import { InvalidOptionError } from '../../../src/core/errors.js';

/** The members of a request from outside. Throws InvalidOptionError for what is not a JSON object. */
export function jsonFields(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidOptionError('request', text, 'a JSON object');
  return value as Readonly<Record<string, unknown>>;
}
