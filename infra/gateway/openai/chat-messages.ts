import { InvalidOptionError } from '../../../src/core/errors.js';

/** Has the same meaning since models that reason; templates of others do not know it. */
const ALIASES: ReadonlyMap<unknown, string> = new Map([['developer', 'system']]);

/**
 * Messages as OpenAI's clients write them, as an engine takes them: a content of several texts becomes one, and what a
 * message says besides is left out. Throws InvalidOptionError for a part that is no text; whether the rest is right is
 * for the check of the request.
 */
export function plainMessages(messages: unknown): unknown {
  return Array.isArray(messages) ? messages.map(plainMessage) : messages;
}

function plainMessage(message: unknown, index: number): unknown {
  const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
  return { role: ALIASES.get(role) ?? role, content: plainContent(content, `messages[${index}].content`) };
}

function plainContent(content: unknown, field: string): unknown {
  if (!Array.isArray(content)) return content;
  return content.map((part: unknown, index) => textOf(part, `${field}[${index}]`)).join('');
}

function textOf(part: unknown, field: string): string {
  const { type, text } = (part ?? {}) as { type?: unknown; text?: unknown };
  if (type !== 'text')
    throw new InvalidOptionError(`${field}.type`, type, 'text: the model reads nothing else');
  if (typeof text !== 'string') throw new InvalidOptionError(`${field}.text`, text, 'a text');
  return text;
}
