import { InvalidOptionError } from '../../src/core/errors.js';

/**
 * One setting: what it means, what it may be, and how it is written as text. Options of the library, flags of the
 * CLI, environment variables and docs/configuration.md all come from these definitions.
 */
export interface OptionDefinition<Value> {
  /** The flag without dashes; undefined for secrets, which would show in the process list. */
  readonly flag: string | undefined;
  /** What stands for the value in a usage line; undefined: the flag takes none. */
  readonly placeholder: string | undefined;
  /** Whether the flag may be given several times: a list. */
  readonly repeatable: boolean;
  readonly description: string;
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
  /** The default, in words for the documentation. */
  readonly defaultText: string;
  /** From a flag or an environment variable; what cannot be read is returned as it is, and then refused. */
  fromText(text: string): unknown;
  accepts(value: unknown): value is Value;
  /** What of a value that is not accepted an error may show. */
  culprit(value: unknown): unknown;
  /** The inverse of `fromText`. */
  toText(value: Value): string;
}

/** One definition for every field of an options type. */
export type OptionDefinitions<Options> = {
  readonly [Key in keyof Options]-?: OptionDefinition<NonNullable<Options[Key]>>;
};

interface Wording {
  readonly flag?: string;
  readonly placeholder?: string;
  readonly description: string;
  readonly defaultText: string;
}

function define<Value>(
  wording: Wording,
  fallbackPlaceholder: string | undefined,
  rest: Pick<OptionDefinition<Value>, 'allowed' | 'fromText' | 'accepts' | 'toText'> &
    Partial<Pick<OptionDefinition<Value>, 'repeatable' | 'culprit'>>,
): OptionDefinition<Value> {
  return Object.freeze({
    flag: wording.flag,
    placeholder: wording.placeholder ?? fallbackPlaceholder,
    repeatable: false,
    culprit: (value: unknown) => value,
    description: wording.description,
    defaultText: wording.defaultText,
    ...rest,
  });
}

/** Text of 1..`longest` characters; `allowed` and `pattern` narrow it. */
export function textOption(
  wording: Wording & { allowed?: string; pattern?: RegExp },
): OptionDefinition<string> {
  const { pattern } = wording;
  return define<string>(wording, 'TEXT', {
    allowed: wording.allowed ?? 'a text of 1 to 4096 characters',
    fromText: (text) => text,
    accepts: (value): value is string =>
      typeof value === 'string' && value.length > 0 && value.length <= 4096 && (pattern?.test(value) ?? true),
    toText: (value) => value,
  });
}

/** A whole number between two bounds, both allowed. */
export function integerOption(
  wording: Wording & { minimum: number; maximum: number },
): OptionDefinition<number> {
  const { minimum, maximum } = wording;
  return define<number>(wording, 'N', {
    allowed: `a whole number from ${minimum} to ${maximum}`,
    // Told as it was written, not rounded, where it is refused.
    fromText: (text) => (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text),
    accepts: (value): value is number =>
      Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
    toText: String,
  });
}

/** A number between two bounds, both allowed. */
export function numberOption(
  wording: Wording & { minimum: number; maximum: number },
): OptionDefinition<number> {
  const { minimum, maximum } = wording;
  return define<number>(wording, 'X', {
    allowed: `a number from ${minimum} to ${maximum}`,
    fromText: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)),
    accepts: (value): value is number => typeof value === 'number' && value >= minimum && value <= maximum,
    toText: String,
  });
}

/** One word out of a list. */
export function choiceOption<const Choice extends string>(
  wording: Wording & { choices: readonly Choice[] },
): OptionDefinition<Choice> {
  return define<Choice>(wording, wording.choices.join('|'), {
    allowed: oneOf(wording.choices),
    fromText: (text) => text,
    accepts: (value): value is Choice => (wording.choices as readonly unknown[]).includes(value),
    toText: (value) => value,
  });
}

/** On or off; as text: 1, true, yes, on and 0, false, no, off. */
export function switchOption(wording: Wording): OptionDefinition<boolean> {
  return define<boolean>(wording, undefined, {
    allowed: 'true or false',
    fromText: (text) => SWITCH_WORDS[text.toLowerCase()] ?? text,
    accepts: (value): value is boolean => typeof value === 'boolean',
    toText: (value) => (value ? 'true' : 'false'),
  });
}

const SWITCH_WORDS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
};

/** One or more texts; as text separated by commas. */
export function listOption(
  wording: Wording & { allowed: string; pattern: RegExp; most: number },
): OptionDefinition<readonly string[]> {
  const fits = (part: unknown) => typeof part === 'string' && wording.pattern.test(part);
  return define<readonly string[]>(wording, 'LIST', {
    repeatable: true,
    allowed: wording.allowed,
    fromText: (text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part.length > 0),
    accepts: (value): value is readonly string[] =>
      Array.isArray(value) && value.length >= 1 && value.length <= wording.most && value.every(fits),
    // A secret has no flag.
    culprit: (value) =>
      Array.isArray(value) && wording.flag !== undefined
        ? withoutPassword(value.find((part) => !fits(part)) ?? value)
        : value,
    toText: (value) => value.join(','),
  });
}

/** People write passwords into addresses, and errors end up in logs. */
function withoutPassword(part: unknown): unknown {
  return typeof part === 'string' ? part.replace(/(^|\/\/)[^/]*@/, '$1...@') : part;
}

/** The environment variable of a setting: `natsUrl` is SLIPSTREAM_NATS_URL. */
export function environmentName(key: string): string {
  return `SLIPSTREAM_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

export function oneOf(choices: readonly string[]): string {
  return choices.length === 1
    ? String(choices[0])
    : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

/** The value of a field if its definition accepts it. Throws InvalidOptionError under the name the caller knows. */
export function requireAccepted<Value>(
  definition: OptionDefinition<Value>,
  name: string,
  value: unknown,
): Value {
  if (!definition.accepts(value))
    throw new InvalidOptionError(name, definition.culprit(value), definition.allowed);
  return value;
}
