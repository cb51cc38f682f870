import { BusyError } from '../core/errors.js';
import { encodePrompt, encodingCost, type Prompt } from '../core/prompt.js';
import type { Tokenizer } from '../core/tokenizer.js';

/**
 * What may be encoded on the event loop, which nothing shall keep for more than 5 ms. SmolLM2's tokenizer takes 2.3 us
 * a character at worst (digits), 1.3 for Chinese and 0.6 for English; a way to the thread and back takes 0.2 ms.
 */
const INLINE_CHARACTERS = 2000;

/** A tokenizer on another thread. */
export interface EncodingThread {
  readonly pending: number;
  encode(prompt: Prompt): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Encodes short prompts at once, and long ones where they keep nobody waiting. */
export class PromptEncoder {
  /** @param most how many long prompts may wait for the thread */
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly thread: EncodingThread,
    private readonly most: number,
  ) {}

  /** Throws what the tokenizer throws, and BusyError when too many wait. */
  encode(prompt: Prompt): readonly number[] | Promise<readonly number[]> {
    if (encodingCost(prompt) <= INLINE_CHARACTERS) return encodePrompt(this.tokenizer, prompt);
    if (this.thread.pending >= this.most)
      throw new BusyError(`${this.thread.pending} long prompts are being read: as many as are allowed`);
    return this.thread.encode(prompt);
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}
