import type { z } from 'zod';
import { InvalidOptionError } from '../../src/core/errors.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Fields as `schema` has them; the messages of its checks are what a field must be. Throws InvalidOptionError that names the
 * first one that is wrong, `outer.inner` where it is inside another.
 */
export function parseFields<Schema extends z.ZodType>(schema: Schema, fields: Fields): z.infer<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>(
    (inside, name) => (inside as Fields | undefined)?.[String(name)],
    fields,
  );
  throw new InvalidOptionError(path.join('.'), value, issue?.message ?? 'valid');
}
