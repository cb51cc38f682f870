import type { FinishReason } from '../../../src/core/generation.js';
import { type ContentToken, chatLogprobs, textLogprobs } from './completion-logprobs.js';
import { chatLogprobsAsked, textLogprobsAsked } from './logprobs-asked.js';

/** What chat and text completions differ in. */
export interface CompletionKind {
  readonly chat: boolean;
  /** The other kind's prompt. */
  readonly foreign: 'prompt' | 'messages';
  /** Before the id of the first choice's generation. */
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** A choice that is whole. */
  whole(text: string): object;
  /** A piece of a choice; the last has no text. */
  piece(text: string | undefined): object;
  /** How many alternatives to tell the log probabilities of beside each token's; undefined: tell none. */
  logprobsAsked(fields: Readonly<Record<string, unknown>>): unknown;
  /** Of tokens of a choice, `offset` characters after its beginning. */
  logprobs(tokens: readonly ContentToken[], offset: number): object;
  /** What a choice begins with, before its first token. */
  readonly opening: object | undefined;
}

export const CHAT: CompletionKind = {
  chat: true,
  foreign: 'prompt',
  idPrefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  piece: (content) => ({ delta: content === undefined ? {} : { content } }),
  logprobsAsked: chatLogprobsAsked,
  logprobs: chatLogprobs,
  opening: { delta: { role: 'assistant', content: '' } },
};

export const TEXT: CompletionKind = {
  chat: false,
  foreign: 'messages',
  idPrefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: (text) => ({ text }),
  piece: (text = '') => ({ text }),
  logprobsAsked: textLogprobsAsked,
  logprobs: textLogprobs,
  opening: undefined,
};

/** A choice, or a piece of one, as every kind has it. */
export function choiceOf(
  index: number,
  content: object,
  finishReason: FinishReason | null = null,
  logprobs: object | null = null,
) {
  return { index, ...content, logprobs, finish_reason: finishReason };
}
