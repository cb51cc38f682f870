import { z } from 'zod';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { MOST_TOP_LOGPROBS } from '../../../src/core/logprobs.js';
import { parseFields } from '../parse-fields.js';

/** Log probabilities of one place in the text, in all choices. */
const MOST_TOLD = 256;

type Fields = Readonly<Record<string, unknown>>;

const range = `a whole number from 0 to ${MOST_TOP_LOGPROBS}`;

const chatFields = z.looseObject({
  logprobs: z.boolean('true or false').nullish(),
  top_logprobs: z.int(range).min(0, range).max(MOST_TOP_LOGPROBS, range).nullish(),
});

/** What a chat asks for with `logprobs` and `top_logprobs`, as one number. Throws InvalidOptionError. */
export function chatLogprobsAsked(fields: Fields): number | undefined {
  const { logprobs, top_logprobs } = parseFields(chatFields, fields);
  if (logprobs) return top_logprobs ?? 0;
  if (top_logprobs)
    throw new InvalidOptionError('top_logprobs', top_logprobs, 'left out unless logprobs is true');
  return undefined;
}

/**
 * Throws InvalidOptionError where so many choices with so many likeliest tokens each would be told that an answer grows
 * beyond what a server should hold for one request.
 */
export function checkLogprobsTold(kind: 'logprobs' | 'top_logprobs', asked: number, choices: number): void {
  const most = Math.floor(MOST_TOLD / choices) - 1;
  if (asked > most) throw new InvalidOptionError(kind, asked, `${most} at most for ${choices} choices`);
}

/** What a text asks for with `logprobs`; whether it is a number in range is for the check of the request. */
export function textLogprobsAsked({ logprobs, top_logprobs }: Fields): unknown {
  if (top_logprobs)
    throw new InvalidOptionError('top_logprobs', top_logprobs, 'left out: logprobs says how many');
  return logprobs === false ? undefined : logprobs;
}
