import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { describeValue, errorMessage, ModelFormatError } from '../../src/core/errors.js';

/** Reads and checks a JSON file. Undefined when it is not there; ModelFormatError in one line when it is wrong. */
export function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ModelFormatError(path, errorMessage(error), { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = text === '' ? 'is empty' : `is not JSON, or was cut off (${errorMessage(error)})`;
    throw new ModelFormatError(path, problem.replaceAll('\n', ' '), { cause: error });
  }
  const result = schema.safeParse(value, { error: problemOf });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  // What is wrong with an unknown key is the key, not the object that has it.
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...(issue?.path ?? []), ...unknown].join('.') || 'content';
  throw new ModelFormatError(path, `${field}: ${issue?.message ?? 'is not valid'}`);
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Value and what is allowed; undefined: as zod, or the schema, says it. */
function problemOf(issue: z.core.$ZodRawIssue): string | undefined {
  const mustBe = (allowed: string) => `is ${describeValue(issue.input)}, but must be ${allowed}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : mustBe(KINDS[issue.expected] ?? issue.expected);
    case 'unrecognized_keys':
      return 'is not supported';
    case 'too_small':
      return isNumber(issue.origin)
        ? mustBe(`${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`)
        : undefined;
    case 'too_big':
      return isNumber(issue.origin)
        ? mustBe(`${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`)
        : undefined;
    default:
      return undefined;
  }
}

function isNumber(origin: string): boolean {
  return origin === 'number' || origin === 'int';
}
