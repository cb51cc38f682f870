import type { ChatMessage, Tokenizer } from './tokenizer.js';

/** What a generation continues, as the request gave it. */
export type Prompt =
  | { readonly kind: 'tokens'; readonly tokenIds: readonly number[] }
  | { readonly kind: 'text'; readonly text: string; readonly special: boolean }
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] };

/** Rendering a message costs about as much as encoding this many characters. */
const CHARACTERS_PER_MESSAGE = 50;

/** Throws InvalidOptionError when the chat template refuses the messages. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): readonly number[] {
  switch (prompt.kind) {
    case 'tokens':
      return prompt.tokenIds;
    case 'text':
      return tokenizer.encode(prompt.text, { special: prompt.special });
    case 'chat':
      return tokenizer.encodeChat?.(prompt.messages) ?? [];
  }
}

/** How much work encoding is, in characters. */
export function encodingCost(prompt: Prompt): number {
  switch (prompt.kind) {
    case 'tokens':
      return 0;
    case 'text':
      return prompt.text.length;
    case 'chat':
      return prompt.messages.reduce((sum, { content }) => sum + content.length + CHARACTERS_PER_MESSAGE, 0);
  }
}
