import type { GenerationRequest } from './engine.js';
import { ContextLengthError, InvalidOptionError } from './errors.js';
import type { CompiledRequest, RequestMode } from './generation.js';
import { encodePrompt, type Prompt } from './prompt.js';
import { checkRequest, DEFAULT_MAX_TOKENS, hasMeaning, type RequestField } from './request-check.js';
import { neutralSampler } from './sampler-parameters.js';
import type { Tokenizer } from './tokenizer.js';

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

/** A request of which everything is checked but what only its prompt's tokens can tell. */
export interface PreparedRequest {
  readonly prompt: Prompt;
  /**
   * Takes what the prompt encodes to. Throws InvalidOptionError when that is nothing and ContextLengthError when it
   * leaves no room for one more token.
   */
  complete(promptTokenIds: readonly number[]): CompiledRequest;
}

/** Checks a request and fills its defaults. Throws InvalidOptionError for a field outside its range. */
export function prepareRequest(request: GenerationRequest, context: RequestContext): PreparedRequest {
  const nameOf = context.nameOf ?? ((field) => field);
  checkRequest(request, nameOf);
  const { tokenizer } = context;
  const logitBias = compileLogitBias(request.logitBias, tokenizer.vocabularySize, nameOf('logitBias'));
  const { prompt, field, value } = promptOf(request, context, nameOf);
  const { contextTokens } = context.model;
  return {
    prompt,
    complete: (promptTokenIds) => {
      const promptLength = promptTokenIds.length;
      if (promptLength === 0) throw new InvalidOptionError(field, value, 'a text of at least one token');
      if (promptLength >= contextTokens) throw new ContextLengthError(promptLength, contextTokens);
      const mode = request.mode ?? context.defaults.mode;
      const maxTokens = Math.min(request.maxTokens ?? DEFAULT_MAX_TOKENS, contextTokens - promptLength);
      return {
        id: context.newId(),
        promptTokenIds,
        seed: request.seed ?? context.newSeed(),
        maxTokens,
        stop: typeof request.stop === 'string' ? [request.stop] : [...(request.stop ?? [])],
        mode,
        // A default mode may stand beside fields that mean nothing in it. They are left out: what is in force is told to
        // the caller, who may send it as the next request.
        lookahead: hasMeaning('lookahead', mode)
          ? (request.lookahead ?? context.defaults.lookahead)
          : undefined,
        wait: hasMeaning('wait', mode) ? request.wait : undefined,
        targets: request.targets ?? context.defaults.targets,
        logprobs: request.logprobs,
        sampler: {
          temperature: request.temperature ?? neutralSampler.temperature,
          topK: request.topK ?? neutralSampler.topK,
          topP: request.topP ?? neutralSampler.topP,
          minP: request.minP ?? neutralSampler.minP,
          repetitionPenalty: request.repetitionPenalty ?? neutralSampler.repetitionPenalty,
          presencePenalty: request.presencePenalty ?? neutralSampler.presencePenalty,
          frequencyPenalty: request.frequencyPenalty ?? neutralSampler.frequencyPenalty,
          minTokens: Math.min(request.minTokens ?? neutralSampler.minTokens, maxTokens),
          logitBias,
          endTokenIds: request.ignoreEndTokens ? [] : [...tokenizer.endTokenIds],
          promptLength,
        },
      };
    },
  };
}

/** The same where encoding at once is good enough. */
export function compileRequest(request: GenerationRequest, context: RequestContext): CompiledRequest {
  const { prompt, complete } = prepareRequest(request, context);
  return complete(encodePrompt(context.tokenizer, prompt));
}

function promptOf(
  request: GenerationRequest,
  { tokenizer, model }: RequestContext,
  nameOf: (field: RequestField) => string,
): { prompt: Prompt; field: string; value: unknown } {
  if (request.promptTokenIds !== undefined) {
    const field = nameOf('promptTokenIds');
    const { vocabularySize } = tokenizer;
    request.promptTokenIds.forEach((id, index) => {
      if (id >= vocabularySize)
        throw new InvalidOptionError(`${field}[${index}]`, id, `a token id from 0 to ${vocabularySize - 1}`);
    });
    const tokenIds = [...request.promptTokenIds];
    return { prompt: { kind: 'tokens', tokenIds }, field, value: tokenIds };
  }
  if (request.messages !== undefined) {
    const field = nameOf('messages');
    const messages = request.messages.map(({ role, content }) => ({ role, content }));
    if (tokenizer.encodeChat === undefined)
      throw new InvalidOptionError(
        field,
        messages.length === 1 ? messages[0]?.content : messages,
        'left out: this model has no chat template, it only continues a prompt',
      );
    const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
    checkLength(field, characters, model.contextTokens);
    return { prompt: { kind: 'chat', messages }, field, value: messages };
  }
  const special = request.rawPrompt !== undefined;
  const field = nameOf(special ? 'rawPrompt' : 'prompt');
  const text = request.rawPrompt ?? request.prompt ?? '';
  checkLength(field, text.length, model.contextTokens);
  return { prompt: { kind: 'text', text, special }, field, value: text };
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
