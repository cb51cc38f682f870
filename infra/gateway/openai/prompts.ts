import type { GenerationRequest } from '../../../src/core/engine.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import { plainMessages } from './chat-messages.js';

/**
 * Choices of one request, prompts times `n`, if the engine has places for so many: LangChain sends twenty prompts at a
 * time.
 */
export const MOST_CHOICES = 64;

type Fields = Readonly<Record<string, unknown>>;

/** What one or several choices begin with. */
interface WrittenPrompt {
  /** How the client would name it. */
  readonly name: string;
  readonly fields: Fields;
}

/** The messages of a chat. */
export function chatOf(messages: unknown): WrittenPrompt {
  if (messages === undefined || messages === null)
    throw new InvalidOptionError('messages', messages, 'a list of at least one message');
  return { name: 'messages', fields: { messages: plainMessages(messages) } };
}

/** The texts that are to be continued: one, or several up to `most`, each as text or as token ids. */
export function promptsOf(prompt: unknown, most: number): WrittenPrompt[] {
  if (!Array.isArray(prompt)) return [textPrompt(prompt, 'prompt')];
  if (prompt.length > 0 && prompt.every((part) => typeof part === 'number'))
    return [idPrompt(prompt, 'prompt')];
  if (prompt.length < 1 || prompt.length > most)
    throw new InvalidOptionError('prompt', prompt, `a list of 1 to ${most} texts`);
  return prompt.map((part, index) => {
    const name = `prompt[${index}]`;
    return Array.isArray(part) ? idPrompt(part, name) : textPrompt(part, name);
  });
}

function idPrompt(ids: readonly unknown[], name: string): WrittenPrompt {
  return { name, fields: { prompt_token_ids: ids } };
}

function textPrompt(prompt: unknown, name: string): WrittenPrompt {
  if (typeof prompt !== 'string' || prompt.length === 0)
    throw new InvalidOptionError(name, prompt, 'a text that is not empty, or token ids');
  return { name, fields: { prompt } };
}

/** A request for each choice of a prompt; they differ in their seeds alone. */
export function withSeeds(request: GenerationRequest, choices: number): GenerationRequest[] {
  return Array.from({ length: choices }, (_, index) => withSeed(request, index));
}

function withSeed(request: GenerationRequest, index: number): GenerationRequest {
  const { seed } = request;
  if (seed === undefined) return request;
  const beyond = index - (Number.MAX_SAFE_INTEGER - seed);
  return { ...request, seed: beyond > 0 ? beyond - 1 : seed + index };
}
