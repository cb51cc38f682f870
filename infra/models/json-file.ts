import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';

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
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'content' : issue.path.join('.');
  throw new ModelFormatError(path, `${field}: ${issue?.message ?? 'is not valid'}`);
}
