import { z } from 'zod';
import { InvalidOptionError } from '../../../src/core/errors.js';

/** Values that ask for nothing, and what is to be done about others: to ignore those would be to answer another question. */
const NOT_TO_BE_HAD = {
  tools: [z.array(z.unknown()).max(0), 'left out: no tools are offered to the model'],
  functions: [z.array(z.unknown()).max(0), 'left out: no functions are offered to the model'],
  response_format: [z.looseObject({ type: z.literal('text') }), 'left out, or of type text'],
  echo: [z.literal(false), 'left out: the prompt is not repeated'],
  suffix: [z.literal(''), 'left out: texts are continued, not filled in'],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

/** The other fields of a request. Throws InvalidOptionError where it asks for what cannot be had. */
export function withoutWhatCannotBeHad(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const rest = { ...fields };
  for (const [name, [harmless, allowed]] of Object.entries(NOT_TO_BE_HAD)) {
    const value = rest[name];
    if (value !== undefined && value !== null && !harmless.safeParse(value).success)
      throw new InvalidOptionError(name, value, allowed);
    delete rest[name];
  }
  return rest;
}
