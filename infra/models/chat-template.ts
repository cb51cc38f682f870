import { errorMessage, InvalidOptionError } from '../../src/core/errors.js';
import type { ChatMessage } from '../../src/core/tokenizer.js';
import { compileJinja } from './jinja-program.js';

/** A rendered chat. */
export interface RenderedChat {
  readonly text: string;
  /**
   * Of each UTF-16 unit of the text: 1 where it comes from a message's content. White space, and what the template
   * looks for in contents, count as the template's own.
   */
  readonly fromContent: Uint8Array;
}

export type ChatTemplate = (messages: readonly ChatMessage[]) => RenderedChat;

export interface ChatTemplateTokens {
  readonly begin: string | undefined;
  readonly end: string | undefined;
  /** Names of control tokens. */
  readonly control: Iterable<string>;
}

/** Where the twins of UTF-16 units begin: characters for private use, of which no template is made. */
const TWINS = 0xf0000;
const TWIN = /[\u{f0000}-\u{fffff}]/u;

/**
 * Compiles a Jinja chat template so that contents can be told from the template's text: a content cannot add control
 * tokens. The template sees a twin in place of each unit of a content, which is undone afterwards. Left as they are:
 * white space, so that trimming works, and what the template looks for in contents (`'</think>' in content`), unless
 * that would show a control token. A template that changes the case of a content, or counts its characters, has no such
 * luck: it leaves it as it is, and counts two for each.
 * Throws what the template's parser throws; the compiled function throws InvalidOptionError for messages that the
 * template refuses.
 */
export function compileChatTemplate(source: string, tokens: ChatTemplateTokens): ChatTemplate {
  if (TWIN.test(source)) throw new Error('has characters of plane 15, which are for private use');
  const { render, soughtTexts } = compileJinja(source);
  const sought = soughtTexts.filter((text) => text.trim() !== '').sort((a, b) => b.length - a.length);
  const control = [...tokens.control];
  return (messages) => {
    const variables = {
      messages: messages.map(({ role, content }) => ({ role, content: disguise(content, sought, control) })),
      // As transformers gives them to a template where there are none.
      tools: null,
      documents: null,
      add_generation_prompt: true,
      bos_token: tokens.begin ?? '',
      eos_token: tokens.end ?? '',
    };
    try {
      return reveal(render(variables));
    } catch (error) {
      const reason = errorMessage(error).replaceAll('\n', ' ');
      throw new InvalidOptionError('messages', messages, `accepted by the chat template: ${reason}`);
    }
  };
}

function disguise(content: string, sought: readonly string[], control: readonly string[]): string {
  const seen = disguiseBut(content, sought);
  return control.some((name) => seen.includes(name)) ? disguiseBut(content, []) : seen;
}

/** Twins for all of a content but white space and `sought`, of which the earlier are preferred. */
function disguiseBut(content: string, sought: readonly string[]): string {
  const [first, ...others] = sought;
  if (first === undefined)
    return content.replace(/\S/g, (unit) => String.fromCodePoint(TWINS + unit.charCodeAt(0)));
  return content
    .split(first)
    .map((part) => disguiseBut(part, others))
    .join(first);
}

function reveal(rendered: string): RenderedChat {
  const fromContent = new Uint8Array(rendered.length);
  let text = '';
  for (const character of rendered) {
    const unit = (character.codePointAt(0) ?? 0) - TWINS;
    if (unit < 0 || unit > 0xffff) text += character;
    else {
      fromContent[text.length] = 1;
      text += String.fromCharCode(unit);
    }
  }
  return { text, fromContent: fromContent.subarray(0, text.length) };
}
