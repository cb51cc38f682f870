import { randomBytes } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import { errorMessage, InvalidOptionError } from '../../src/core/errors.js';
import type { ChatMessage } from '../../src/core/tokenizer.js';

/** A stretch of a rendered chat: the template's own text, or what a user wrote. */
export interface ChatPart {
  readonly text: string;
  readonly fromUser: boolean;
}

export type ChatTemplate = (messages: readonly ChatMessage[]) => ChatPart[];

/** Trimmed away by a template that trims contents, and part of no template's text. */
const EDGE = '\v';

/**
 * Compiles a Jinja chat template so that contents stay apart from the template's text. The template sees an
 * unguessable name in place of each content; afterwards the contents are put where the names are. So a content
 * cannot add control tokens; the price is that a template which looks into contents sees the name, with one
 * exception: trimming (as Llama's templates do) is noticed and applied. At a joint no token spans template and
 * content; templates set contents off by control tokens or line breaks, where none would.
 * Throws what the template's parser throws; the compiled function throws InvalidOptionError for messages that
 * the template refuses.
 */
export function compileChatTemplate(
  source: string,
  tokens: { readonly begin: string | undefined; readonly end: string | undefined },
): ChatTemplate {
  const template = new Template(source);
  return (messages) => {
    const key = randomBytes(12).toString('hex');
    const disguised = messages.map(({ role, content }, i) => ({
      role,
      content: content.trim() === '' ? content : `${EDGE}${key}-${i}-${EDGE}`,
    }));
    const rendered = render(template, {
      messages: disguised,
      add_generation_prompt: true,
      bos_token: tokens.begin ?? '',
      eos_token: tokens.end ?? '',
    });
    return reveal(rendered, new RegExp(`(${EDGE}?)${key}-(\\d+)-(${EDGE}?)`, 'g'), messages);
  };
}

function render(template: Template, variables: Readonly<Record<string, unknown>>): string {
  try {
    return template.render({ ...variables });
  } catch (error) {
    const reason = errorMessage(error).replaceAll('\n', ' ');
    throw new InvalidOptionError('messages', variables.messages, `accepted by the chat template: ${reason}`);
  }
}

function reveal(rendered: string, names: RegExp, messages: readonly ChatMessage[]): ChatPart[] {
  const parts: ChatPart[] = [];
  const add = (text: string, fromUser: boolean): void => {
    if (text !== '') parts.push({ text, fromUser });
  };
  let start = 0;
  for (const match of rendered.matchAll(names)) {
    add(rendered.slice(start, match.index), false);
    let content = messages[Number(match[2])]?.content ?? '';
    if (match[1] === '') content = content.trimStart();
    if (match[3] === '') content = content.trimEnd();
    add(content, true);
    start = match.index + match[0].length;
  }
  add(rendered.slice(start), false);
  return parts;
}
