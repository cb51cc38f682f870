import { InvalidOptionError } from '../../../src/core/errors.js';

const WORDS = /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u;
const MOST_CHARACTERS = 256;

/**
 * Whether an answer may be published there for somebody else, with this gateway's rights: not to the server's own subjects
 * (JetStream, other accounts, the system), nor to ours.
 */
export function isReplySubject(subject: string, subjectPrefix: string): boolean {
  return (
    subject.length <= MOST_CHARACTERS &&
    WORDS.test(subject) &&
    !subject.startsWith('$') &&
    !subject.startsWith(`${subjectPrefix}.`)
  );
}

/** Throws InvalidOptionError that names `field`. */
export function requireReplySubject(field: string, value: unknown, subjectPrefix: string): string {
  if (typeof value === 'string' && isReplySubject(value, subjectPrefix)) return value;
  throw new InvalidOptionError(
    field,
    value,
    `a subject of at most ${MOST_CHARACTERS} characters without wildcards, that begins neither with $ nor with ${subjectPrefix}.`,
  );
}
