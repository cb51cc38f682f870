import type { GenerationRequest } from './engine.js';
import { ContextLengthError, InvalidOptionError } from './errors.js';
import type { CompiledRequest, RequestMode } from './generation.js';
import { checkRequest, type RequestField } from './request-check.js';
import { neutralSampler } from './sampler-parameters.js';
import type { Tokenizer } from './tokenizer.js';

export const DEFAULT_MAX_TOKENS = 256;

/** Longer texts per token of context than any language has: refused before a tokenizer spends seconds on them. */
const MAX_CHARACTERS_PER_TOKEN = 32;

export interface RequestContext {
  readonly tokenizer: Tokenizer;
  readonly model: { readonly contextTokens: number };
  /** What a request gets that does not say. */
  readonly defaults: {
    readonly mode: RequestMode;
    readonly lookahead?: number | undefined;
    readonly targets?: number | undefined;
  };
  /** 1..64 letters, digits, _ or -; unguessable where strangers may follow a generation. */
  newId(): string;
  /** 0..2^53-1. */
  newSeed(): number;
  /** How the caller spells a field, for errors: `topP`, `top_p` or `--top-p`. Default: as in GenerationRequest. */
  nameOf?(field: RequestField): string;
}

/**
 * Checks a request, fills its defaults and encodes its prompt. Throws InvalidOptionError for a field outside its
 * range and ContextLengthError for a prompt without room for one more token.
 */
export function compileRequest(request: GenerationRequest, context: RequestContext): CompiledRequest {
  const nameOf = context.nameOf ?? ((field) => field);
  checkRequest(request, nameOf);
  const { tokenizer } = context;
  const logitBias = compileLogitBias(request.logitBias, tokenizer.vocabularySize, nameOf('logitBias'));
  const promptTokenIds = encodePrompt(request, context, nameOf);
  const promptLength = promptTokenIds.length;
  // A pass over a single token is padded to two, and the padding needs a slot.
  const usableTokens = context.model.contextTokens - 1;
  if (promptLength >= usableTokens) throw new ContextLengthError(promptLength, usableTokens);
  return {
    id: context.newId(),
    promptTokenIds,
    seed: request.seed ?? context.newSeed(),
    maxTokens: Math.min(request.maxTokens ?? DEFAULT_MAX_TOKENS, usableTokens - promptLength),
    stop: typeof request.stop === 'string' ? [request.stop] : [...(request.stop ?? [])],
    mode: request.mode ?? context.defaults.mode,
    lookahead: request.lookahead ?? context.defaults.lookahead,
    wait: request.wait,
    targets: request.targets ?? context.defaults.targets,
    sampler: {
      temperature: request.temperature ?? neutralSampler.temperature,
      topK: request.topK ?? neutralSampler.topK,
      topP: request.topP ?? neutralSampler.topP,
      minP: request.minP ?? neutralSampler.minP,
      repetitionPenalty: request.repetitionPenalty ?? neutralSampler.repetitionPenalty,
      presencePenalty: request.presencePenalty ?? neutralSampler.presencePenalty,
      frequencyPenalty: request.frequencyPenalty ?? neutralSampler.frequencyPenalty,
      minTokens: request.minTokens ?? neutralSampler.minTokens,
      logitBias,
      endTokenIds: request.ignoreEndTokens ? [] : [...tokenizer.endTokenIds],
      promptLength,
    },
  };
}

function encodePrompt(
  request: GenerationRequest,
  { tokenizer, model }: RequestContext,
  nameOf: (field: RequestField) => string,
): readonly number[] {
  if (request.promptTokenIds !== undefined) {
    const { vocabularySize } = tokenizer;
    request.promptTokenIds.forEach((id, index) => {
      if (id >= vocabularySize)
        throw new InvalidOptionError(
          `${nameOf('promptTokenIds')}[${index}]`,
          id,
          `a token id from 0 to ${vocabularySize - 1}`,
        );
    });
    return [...request.promptTokenIds];
  }
  if (request.messages !== undefined) {
    const field = nameOf('messages');
    if (tokenizer.encodeChat === undefined)
      throw new InvalidOptionError(field, request.messages, 'left out: this model has no chat template');
    checkLength(
      field,
      request.messages.reduce((sum, message) => sum + message.content.length, 0),
      model.contextTokens,
    );
    return tokenizer.encodeChat(request.messages);
  }
  const [field, text, special] =
    request.rawPrompt === undefined
      ? ([nameOf('prompt'), request.prompt ?? '', false] as const)
      : ([nameOf('rawPrompt'), request.rawPrompt, true] as const);
  checkLength(field, text.length, model.contextTokens);
  const ids = tokenizer.encode(text, { special });
  if (ids.length === 0) throw new InvalidOptionError(field, text, 'a text of at least one token');
  return ids;
}

function checkLength(field: string, characters: number, contextTokens: number): void {
  const most = MAX_CHARACTERS_PER_TOKEN * contextTokens;
  if (characters > most)
    throw new InvalidOptionError(`${field} length`, characters, `${most} characters at most`);
}

function compileLogitBias(
  bias: GenerationRequest['logitBias'],
  vocabularySize: number,
  field: string,
): [number, number][] {
  const pairs = Object.entries(bias ?? {}).map(([id, value]): [number, number] => [Number(id), value]);
  for (const [id] of pairs)
    if (id >= vocabularySize)
      throw new InvalidOptionError(`${field} token id`, id, `a token id from 0 to ${vocabularySize - 1}`);
  // Keys that are whole numbers come in ascending order.
  return pairs;
}
