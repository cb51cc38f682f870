import { z } from 'zod';
import type { GenerationRequest } from '../../../src/core/engine.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { parseFields } from '../parse-fields.js';
import { inWireNames, requestFromWire } from '../wire-request.js';
import type { CompletionKind } from './completion-kind.js';
import { checkLogprobsTold } from './logprobs-asked.js';
import { withoutWhatCannotBeHad } from './not-to-be-had.js';
import { chatOf, MOST_CHOICES, promptsOf, withSeeds } from './prompts.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a client of OpenAI's HTTP interface asks for. */
export interface CompletionRequest {
  /** One for each choice: `n` for the first prompt, then `n` for the next. */
  readonly requests: readonly GenerationRequest[];
  /** Choices per prompt. */
  readonly n: number;
  /** How the client would name each prompt. */
  readonly promptNames: readonly string[];
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

/**
 * `places`: choices that one request may ask for here. Throws InvalidOptionError that names the field as the client spelled
 * it; see asSpelled.
 */
export function readCompletionRequest(
  kind: CompletionKind,
  fields: Fields,
  places = MOST_CHOICES,
): CompletionRequest {
  const { model, n, stream, stream_options, user: _user, ...rest } = parseFields(envelope, fields);
  const { best_of, max_completion_tokens, top_logprobs: _top, ...asked } = withoutWhatCannotBeHad(rest);
  const choices = n ?? 1;
  if (given(best_of) && best_of !== choices && best_of !== 1)
    throw new InvalidOptionError('best_of', best_of, 'left out, or n: every text is returned');
  for (const name of [kind.foreign, 'prompt_token_ids'])
    if (given(asked[name])) throw new InvalidOptionError(name, asked[name], `left out of a ${kind.object}`);
  const most = Math.min(places, MOST_CHOICES);
  const prompts = kind.chat ? [chatOf(asked.messages)] : promptsOf(asked.prompt, most);
  if (prompts.length * choices > most)
    throw new InvalidOptionError('n', choices, `such that there are ${most} choices at most`);
  const max_tokens = given(max_completion_tokens) ? max_completion_tokens : asked.max_tokens;
  const common = { ...asked, max_tokens, logprobs: kind.logprobsAsked(rest) };
  const read = prompts.map(({ name, fields }) =>
    naming(name, () => requestFromWire({ ...common, prompt: undefined, messages: undefined, ...fields })),
  );
  const { logprobs = -1 } = read[0]?.request ?? {};
  checkLogprobsTold(kind.chat ? 'top_logprobs' : 'logprobs', logprobs, prompts.length * choices);
  return {
    requests: read.flatMap(({ request }) => withSeeds(request, choices)),
    n: choices,
    promptNames: prompts.map(({ name }) => name),
    model: model ?? undefined,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
    unknown: read[0]?.unknown ?? [],
  };
}

/** An error about a request, its field as this client spelled it. */
export function asSpelled(error: InvalidOptionError, fields: Fields): InvalidOptionError {
  const { field, value, allowed } = inWireNames(error);
  const length = given(fields.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens';
  // What another field must be may be said by the length.
  const [spelled = field, spelledAllowed = allowed] = [field, allowed].map((text) =>
    text.replace(/^max_tokens\b/, length),
  );
  return new InvalidOptionError(spelled, value, spelledAllowed);
}

/** What `read` returns; what it throws about a prompt is about the one of this name. */
function naming<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw ofPrompt(error, name);
  }
}

/** What went wrong with a request; where it is about its prompt, about the one of this name. */
export function ofPrompt(error: unknown, name: string): unknown {
  if (!(error instanceof InvalidOptionError)) return error;
  const { field, value, allowed } = inWireNames(error);
  return new InvalidOptionError(field.replace(/^prompt(_token_ids)?\b/, name), value, allowed);
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}
