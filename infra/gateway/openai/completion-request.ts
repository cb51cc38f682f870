import { z } from 'zod';
import type { GenerationRequest } from '../../../src/core/engine.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { inWireNames, requestFromWire } from '../wire-request.js';
import { plainMessages } from './chat-messages.js';
import type { CompletionKind } from './completion-kind.js';

/** Choices of one request: prompts times `n`. */
const MOST_CHOICES = 16;

type Fields = Readonly<Record<string, unknown>>;

/** What a client of OpenAI's HTTP interface asks for. */
export interface CompletionRequest {
  /** One for each choice: `n` for the first prompt, then `n` for the next. */
  readonly requests: readonly GenerationRequest[];
  /** Choices per prompt. */
  readonly n: number;
  /** Undefined: whichever there is. */
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Fields that mean nothing here: to be ignored and logged. */
  readonly unknown: readonly string[];
}

const choiceRange = `a whole number from 1 to ${MOST_CHOICES}`;
const onOff = 'true or false';

/** The fields that are about the answer, not about the text; the rest is the request. */
const envelope = z.looseObject({
  model: z.string('a text').nullish(),
  n: z.int(choiceRange).min(1, choiceRange).max(MOST_CHOICES, choiceRange).nullish(),
  stream: z.boolean(onOff).nullish(),
  stream_options: z
    .looseObject({ include_usage: z.boolean(onOff).nullish() }, 'an object with include_usage')
    .nullish(),
  /** Who asks: clients send it, nothing here depends on it. */
  user: z.unknown().optional(),
});

/** What cannot be had: to ignore it would be to answer another question. */
const NOT_TO_BE_HAD = {
  logprobs: [z.literal(false), 'left out: a verdict is a token id, without its probability'],
  top_logprobs: [z.never(), 'left out: a verdict is a token id, without its probability'],
  tools: [z.array(z.unknown()).max(0), 'left out: no tools are offered to the model'],
  functions: [z.array(z.unknown()).max(0), 'left out: no functions are offered to the model'],
  response_format: [z.looseObject({ type: z.literal('text') }), 'left out, or of type text'],
  echo: [z.literal(false), 'left out: the prompt is not repeated'],
  suffix: [z.literal(''), 'left out: texts are continued, not filled in'],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

/** Throws InvalidOptionError that names the field as the client spelled it. */
export function readCompletionRequest(kind: CompletionKind, fields: Fields): CompletionRequest {
  const { model, n, stream, stream_options, user: _user, ...rest } = check(envelope, fields);
  for (const [name, [harmless, allowed]] of Object.entries(NOT_TO_BE_HAD)) {
    const value = rest[name];
    if (value !== undefined && value !== null && !harmless.safeParse(value).success)
      throw new InvalidOptionError(name, value, allowed);
    delete rest[name];
  }
  const { best_of = 1, max_completion_tokens, ...asked } = rest;
  const count = n ?? 1;
  if (best_of !== null && best_of !== count && best_of !== 1)
    throw new InvalidOptionError('best_of', best_of, 'left out, or n: every text is returned');
  if (given(asked[kind.foreign]))
    throw new InvalidOptionError(kind.foreign, asked[kind.foreign], `left out of a ${kind.object}`);
  const prompts = kind.chat ? [chatOf(asked.messages)] : promptsOf(asked.prompt);
  if (prompts.length * count > MOST_CHOICES)
    throw new InvalidOptionError('n', count, `such that there are ${MOST_CHOICES} choices at most`);
  const parameters = { ...asked, ...withMaxTokens(asked.max_tokens, max_completion_tokens) };
  const read = prompts.map((prompt) =>
    requestFromWire({ ...parameters, prompt: undefined, messages: undefined, ...prompt }),
  );
  return {
    requests: read.flatMap(({ request }) => Array.from({ length: count }, (_, i) => withSeed(request, i))),
    n: count,
    model: model ?? undefined,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
    unknown: read[0]?.unknown ?? [],
  };
}

/** An error's field as this client spelled it. */
export function asSpelled(error: InvalidOptionError, fields: Fields): InvalidOptionError {
  const { field, value, allowed } = inWireNames(error);
  const spelled = field
    .replace(/^max_tokens$/, given(fields.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens')
    .replace(/^prompt_token_ids/, 'prompt');
  return new InvalidOptionError(spelled, value, allowed);
}

function chatOf(messages: unknown): Fields {
  if (!given(messages)) throw new InvalidOptionError('messages', messages, 'a list of at least one message');
  return { messages: plainMessages(messages) };
}

/** The texts that are to be continued: one, or several, each as text or as token ids. */
function promptsOf(prompt: unknown): Fields[] {
  if (!Array.isArray(prompt)) return [textPrompt(prompt, 'prompt')];
  if (prompt.length > 0 && prompt.every((part) => typeof part === 'number'))
    return [{ prompt_token_ids: prompt }];
  if (prompt.length < 1 || prompt.length > MOST_CHOICES)
    throw new InvalidOptionError('prompt', prompt, `a list of 1 to ${MOST_CHOICES} texts`);
  return prompt.map((part, index) =>
    Array.isArray(part) ? { prompt_token_ids: part } : textPrompt(part, `prompt[${index}]`),
  );
}

function textPrompt(prompt: unknown, field: string): Fields {
  if (typeof prompt !== 'string' || prompt.length === 0)
    throw new InvalidOptionError(field, prompt, 'a text that is not empty, or token ids');
  return { prompt };
}

/** The two names of one field; the newer one counts. */
function withMaxTokens(older: unknown, newer: unknown): Fields {
  return { max_tokens: given(newer) ? newer : older };
}

/** Choices of one prompt differ in their seeds alone. */
function withSeed(request: GenerationRequest, index: number): GenerationRequest {
  const { seed } = request;
  if (seed === undefined) return request;
  const beyond = index - (Number.MAX_SAFE_INTEGER - seed);
  return { ...request, seed: beyond > 0 ? beyond - 1 : seed + index };
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function check<Shape extends z.ZodType>(shape: Shape, fields: Fields): z.infer<Shape> {
  const parsed = shape.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>(
    (inside, name) => (inside as Fields | undefined)?.[String(name)],
    fields,
  );
  throw new InvalidOptionError(path.join('.'), value, issue?.message ?? 'valid');
}
