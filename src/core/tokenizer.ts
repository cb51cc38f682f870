export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Text to token ids and back. Implementations are pure and synchronous. */
export interface Tokenizer {
  /** Number of ids, special tokens included. */
  readonly vocabularySize: number;
  /** Hash over all (id, token) pairs and merges: equal hashes mean interchangeable ids. */
  readonly hash: string;
  /** Ids that end a text. */
  readonly endTokenIds: readonly number[];
  /** Ids that are control tokens: never part of the text unless raw output is asked for. */
  readonly specialTokenIds: ReadonlySet<number>;
  /**
   * Encodes user text. What looks like a special token stays text unless `special` is set. Adds no
   * begin-of-text token unless the model's tokenizer does so for plain completions.
   */
  encode(text: string, options?: { special?: boolean }): number[];
  /** The bytes that a token stands for; concatenated they are the text in UTF-8 (special tokens: their name). */
  tokenBytes(id: number): Uint8Array;
  /** Renders the chat template; a content adds no special token of its own. Absent: no template. */
  readonly encodeChat?: (messages: readonly ChatMessage[]) => number[];
  /** The token's canonical text, to name it in an error; undefined when there is no such id. */
  tokenName(id: number): string | undefined;
}
