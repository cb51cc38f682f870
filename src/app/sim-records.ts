import { z } from 'zod';
import { readJsonFile } from '../../infra/models/json-file.js';
import type { SimOptions } from '../../infra/sim/sim-options.js';
import { errorMessage, ModelFormatError } from '../core/errors.js';

const tokensSchema = z.looseObject({ token_ids: z.array(z.int().min(0)).min(1) });
const traceSchema = z.looseObject({
  texts: z.array(z.looseObject({ right: z.string().regex(/^[01]*$/) })).min(1),
});

/** What a simulated model is to repeat, read from the files that its name mentions. */
export interface SimRecords {
  /** The output of `generate --json`. */
  readonly recorded: readonly number[] | undefined;
  /** The output of `experiment acceptance --json`, text after text. */
  readonly trace: readonly boolean[] | undefined;
}

/** Throws ModelFormatError for a file that is absent or says something else. */
export function readSimRecords({ replay, trace }: SimOptions): SimRecords {
  return {
    recorded: replay === undefined ? undefined : read(replay, 'token ids', tokensSchema).token_ids,
    trace: trace === undefined ? undefined : readAcceptanceTrace(trace),
  };
}

/** Whether each draft was right, text after text. Throws ModelFormatError. */
export function readAcceptanceTrace(path: string): boolean[] {
  const { texts } = read(path, 'right drafts', traceSchema);
  const right = texts.flatMap((text) => [...text.right].map((digit) => digit === '1'));
  if (right.length === 0) throw new ModelFormatError(path, 'is a record of no draft at all');
  return right;
}

function read<Content>(path: string, what: string, schema: z.ZodType<Content>): Content {
  let content: Content | undefined;
  try {
    content = readJsonFile(path, schema);
  } catch (error) {
    const problem = error instanceof ModelFormatError ? error.problem : errorMessage(error);
    throw new ModelFormatError(path, `is no record of ${what}: ${problem}`, { cause: error });
  }
  if (content === undefined) throw new ModelFormatError(path, 'is missing');
  return content;
}
