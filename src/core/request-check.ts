import type { GenerationRequest } from './engine.js';
import { InvalidOptionError } from './errors.js';
import { REQUEST_MODES, type RequestMode } from './generation.js';
import { MOST_TOP_LOGPROBS } from './logprobs.js';

export type RequestField = keyof GenerationRequest;

/** A number's allowed range, both ends included unless `aboveMinimum`. */
interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: boolean;
  readonly aboveMinimum?: boolean;
}

/** The ranges of every numeric field; those of sampler parameters equal `samplerParametersSchema`. */
export const REQUEST_RANGES = {
  lookahead: { minimum: 1, maximum: 64, whole: true },
  wait: { minimum: 0, maximum: 64, whole: true },
  targets: { minimum: 1, maximum: 64, whole: true },
  maxTokens: { minimum: 1, maximum: 1_000_000, whole: true },
  minTokens: { minimum: 0, maximum: 1_000_000, whole: true },
  temperature: { minimum: 0, maximum: 2 },
  topK: { minimum: 0, maximum: 1_000_000, whole: true },
  topP: { minimum: 0, maximum: 1, aboveMinimum: true },
  minP: { minimum: 0, maximum: 1 },
  repetitionPenalty: { minimum: 0.01, maximum: 10 },
  presencePenalty: { minimum: -2, maximum: 2 },
  frequencyPenalty: { minimum: -2, maximum: 2 },
  logprobs: { minimum: 0, maximum: MOST_TOP_LOGPROBS, whole: true },
  seed: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, whole: true },
} as const satisfies Partial<Record<RequestField, NumberRange>>;

/** Of a request that says nothing about it. */
export const DEFAULT_MAX_TOKENS = 256;

const MAX_STOP_STRINGS = 4;
const MAX_STOP_CHARACTERS = 256;
const MAX_LOGIT_BIASES = 1024;
const BIAS_RANGE: NumberRange = { minimum: -100, maximum: 100 };

const PROMPT_FIELDS = ['prompt', 'messages', 'promptTokenIds', 'rawPrompt'] as const;
const ROLES: readonly unknown[] = ['system', 'user', 'assistant'];
const FIELDS: ReadonlySet<string> = new Set<RequestField>([
  ...PROMPT_FIELDS,
  ...(Object.keys(REQUEST_RANGES) as (keyof typeof REQUEST_RANGES)[]),
  'mode',
  'logitBias',
  'stop',
  'ignoreEndTokens',
]);

/**
 * All that can be checked without a model. Whoever starts an engine for one request calls this first: wrong use
 * is then refused before anything is loaded. Throws InvalidOptionError.
 */
export function checkRequest(
  request: GenerationRequest,
  nameOf: (field: RequestField) => string = (field) => field,
): void {
  const given: Readonly<Record<string, unknown>> = { ...request };
  for (const key of Object.keys(given))
    if (!FIELDS.has(key) && given[key] !== undefined)
      throw new InvalidOptionError(key, given[key], 'left out: there is no such field');
  for (const [key, range] of Object.entries(REQUEST_RANGES))
    if (given[key] !== undefined) checkNumber(nameOf(key as RequestField), given[key], range);
  checkPrompt(given, nameOf);
  checkStop(nameOf('stop'), given.stop);
  checkLogitBias(nameOf('logitBias'), given.logitBias);
  if (given.mode !== undefined && !(REQUEST_MODES as readonly unknown[]).includes(given.mode))
    throw new InvalidOptionError(nameOf('mode'), given.mode, 'auto, none, si or dsi');
  checkModeFields(given, nameOf);
  if (given.ignoreEndTokens !== undefined && typeof given.ignoreEndTokens !== 'boolean')
    throw new InvalidOptionError(nameOf('ignoreEndTokens'), given.ignoreEndTokens, 'true or false');
  const { minTokens, maxTokens = DEFAULT_MAX_TOKENS } = request;
  if (minTokens !== undefined && minTokens > maxTokens)
    throw new InvalidOptionError(
      nameOf('minTokens'),
      minTokens,
      `${nameOf('maxTokens')} (${maxTokens}) at most`,
    );
}

/** Fields that have no meaning in some modes, and in which. */
const MODES_WITHOUT = {
  lookahead: ['none'],
  wait: ['none', 'si'],
} as const satisfies Partial<Record<RequestField, readonly RequestMode[]>>;

type ModeField = keyof typeof MODES_WITHOUT;

export function hasMeaning(field: ModeField, mode: RequestMode): boolean {
  return !(MODES_WITHOUT[field] as readonly RequestMode[]).includes(mode);
}

/**
 * Throws InvalidOptionError for a field that has no meaning in the mode asked for with it. Beside a mode that is only
 * somebody's default every field is fine: it waits for requests that ask for another.
 */
export function checkModeFields(
  given: { readonly [Field in 'mode' | ModeField]?: unknown },
  nameOf: (field: 'mode' | ModeField) => string,
): void {
  for (const [key, modes] of Object.entries(MODES_WITHOUT)) {
    const field = key as ModeField;
    const mode = modes.find((without) => without === given.mode);
    if (mode !== undefined && given[field] !== undefined)
      throw new InvalidOptionError(nameOf(field), given[field], `left out when ${nameOf('mode')} is ${mode}`);
  }
}

/** An error about a field of a request, with the field spelt as the caller spells it. */
export function respellField(
  error: InvalidOptionError,
  nameOf: (field: RequestField) => string,
): InvalidOptionError {
  const [, field = '', rest = ''] = /^(\w*)(.*)$/.exec(error.field) ?? [];
  if (!FIELDS.has(field)) return error;
  return new InvalidOptionError(`${nameOf(field as RequestField)}${rest}`, error.value, error.allowed);
}

function checkNumber(field: string, value: unknown, range: NumberRange): void {
  const ok =
    typeof value === 'number' &&
    (range.whole ? Number.isInteger(value) : Number.isFinite(value)) &&
    (range.aboveMinimum ? value > range.minimum : value >= range.minimum) &&
    value <= range.maximum;
  if (!ok) throw new InvalidOptionError(field, value, describeRange(range));
}

function describeRange({ minimum, maximum, whole, aboveMinimum }: NumberRange): string {
  const kind = whole ? 'a whole number' : 'a number';
  return aboveMinimum
    ? `${kind} above ${minimum} and at most ${maximum}`
    : `${kind} from ${minimum} to ${maximum}`;
}

function checkPrompt(
  given: Readonly<Record<string, unknown>>,
  nameOf: (field: RequestField) => string,
): void {
  const [field, second] = PROMPT_FIELDS.filter((key) => given[key] !== undefined);
  if (field === undefined)
    throw new InvalidOptionError(nameOf('prompt'), undefined, `given, or ${nameOf('messages')}`);
  if (second !== undefined)
    throw new InvalidOptionError(nameOf(second), given[second], `left out when ${nameOf(field)} is given`);
  const name = nameOf(field);
  const value = given[field];
  if (field === 'messages') checkMessages(name, value);
  else if (field === 'promptTokenIds') checkTokenIds(name, value);
  else if (typeof value !== 'string' || value.length === 0)
    throw new InvalidOptionError(name, value, 'a text that is not empty');
}

function checkMessages(field: string, messages: unknown): void {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new InvalidOptionError(field, messages, 'a list of at least one message');
  messages.forEach((message: unknown, index) => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (!ROLES.includes(role))
      throw new InvalidOptionError(`${field}[${index}].role`, role, 'system, user or assistant');
    if (typeof content !== 'string')
      throw new InvalidOptionError(`${field}[${index}].content`, content, 'a text');
  });
}

function checkTokenIds(field: string, ids: unknown): void {
  if (!Array.isArray(ids) || ids.length === 0)
    throw new InvalidOptionError(field, ids, 'a list of at least one token id');
  ids.forEach((id: unknown, index) => {
    if (!Number.isSafeInteger(id) || (id as number) < 0)
      throw new InvalidOptionError(`${field}[${index}]`, id, 'a whole number from 0');
  });
}

function checkStop(field: string, stop: unknown): void {
  if (stop === undefined) return;
  const strings: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const allowed = `up to ${MAX_STOP_STRINGS} texts of 1 to ${MAX_STOP_CHARACTERS} characters`;
  if (strings.length > MAX_STOP_STRINGS) throw new InvalidOptionError(field, stop, allowed);
  strings.forEach((text, index) => {
    if (typeof text !== 'string' || text.length === 0 || text.length > MAX_STOP_CHARACTERS)
      throw new InvalidOptionError(strings.length > 1 ? `${field}[${index}]` : field, text, allowed);
  });
}

function checkLogitBias(field: string, bias: unknown): void {
  if (bias === undefined) return;
  const allowed = `an object of up to ${MAX_LOGIT_BIASES} token ids and their biases`;
  if (typeof bias !== 'object' || bias === null || Array.isArray(bias))
    throw new InvalidOptionError(field, bias, allowed);
  const entries = Object.entries(bias);
  if (entries.length > MAX_LOGIT_BIASES) throw new InvalidOptionError(field, bias, allowed);
  for (const [id, value] of entries) {
    if (!/^(0|[1-9]\d{0,9})$/.test(id))
      throw new InvalidOptionError(`${field} token id`, id, 'a whole number from 0');
    checkNumber(`${field} of token ${id}`, value, BIAS_RANGE);
  }
}
