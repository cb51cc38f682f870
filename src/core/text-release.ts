import type { LoggedLogprobs, LoggedToken } from './engine.js';
import type { CommittedToken } from './generation.js';
import type { TokenLogprobs } from './logprobs.js';
import { StopMatcher } from './stop-matcher.js';
import { TextAssembler } from './text-assembler.js';
import type { Tokenizer } from './tokenizer.js';

export interface TextReleaseOptions {
  readonly tokenizer: Tokenizer;
  /** Strings that end the text; it is cut before the first that is complete. */
  readonly stop: readonly string[];
  /** Whether end tokens and other special tokens show in the text, by name. */
  readonly raw: boolean;
}

export interface Released {
  /** In order, each once. */
  readonly released: readonly LoggedToken[];
  /** A stop string is complete: nothing more will be released. */
  readonly stopped: boolean;
}

interface HeldToken {
  readonly committed: CommittedToken;
  /** Took part in the text, so that the end of a broken character can be its. */
  readonly visible: boolean;
  text: string;
}

const NOTHING_MORE: Released = { released: [], stopped: true };

/**
 * Committed tokens to tokens with text. A token is held while its text may belong to a stop string, or while it ends
 * inside a character. The tokens of a stop string are released, but of their text only what stands before it. All
 * texts together are the decoded text, cut at the stop.
 */
export class TextRelease {
  private readonly assembler = new TextAssembler();
  private readonly stops: StopMatcher;
  private readonly silentIds: ReadonlySet<number>;
  private held: HeldToken[] = [];
  private stopped = false;

  constructor(private readonly options: TextReleaseOptions) {
    const { tokenizer, stop, raw } = options;
    this.stops = new StopMatcher(stop);
    this.silentIds = raw ? new Set() : new Set([...tokenizer.specialTokenIds, ...tokenizer.endTokenIds]);
  }

  /** One committed token; whatever follows a stop is dropped. */
  push(committed: CommittedToken): Released {
    if (this.stopped) return NOTHING_MORE;
    const bytes = this.silentIds.has(committed.token)
      ? undefined
      : this.options.tokenizer.tokenBytes(committed.token);
    const text = bytes === undefined ? '' : this.assembler.push(bytes);
    this.held.push({ committed, text, visible: bytes !== undefined });
    if (this.matchStop(text)) return { released: this.release(this.held.length), stopped: true };
    return { released: this.release(this.firstUnsure()), stopped: false };
  }

  /** No token follows: what is still held. */
  finish(): readonly LoggedToken[] {
    const rest = this.assembler.flush();
    const last = this.held[this.lastVisible()];
    if (rest !== '' && last !== undefined) {
      last.text += rest;
      this.matchStop(rest);
    }
    return this.release(this.held.length);
  }

  private matchStop(text: string): boolean {
    let excess = this.stops.push(text);
    if (excess === undefined) return false;
    this.stopped = true;
    for (let index = this.held.length - 1; index >= 0 && excess > 0; index--) {
      const token = this.held[index] as HeldToken;
      const kept = Math.max(0, token.text.length - excess);
      excess -= token.text.length - kept;
      token.text = token.text.slice(0, kept);
    }
    return true;
  }

  /** Index of the first held token that a later one could still change, or the number of held tokens. */
  private firstUnsure(): number {
    let index = this.held.length;
    let unsureText = this.stops.held;
    while (unsureText > 0) {
      index -= 1;
      unsureText -= (this.held[index] as HeldToken).text.length;
    }
    return this.assembler.incomplete ? Math.min(index, this.lastVisible()) : index;
  }

  private lastVisible(): number {
    return this.held.findLastIndex((token) => token.visible);
  }

  private release(count: number): LoggedToken[] {
    return this.held.splice(0, count).map(({ committed: { seq, token, drafted, atMs, logprobs }, text }) => ({
      seq,
      token,
      text,
      drafted,
      atMs,
      ...(logprobs !== undefined && { logprobs: this.named(token, logprobs) }),
    }));
  }

  /** Bytes are looked up when somebody wants them: a log is kept for a while, and alternatives are many. */
  private named(picked: number, { logprob, top }: TokenLogprobs): LoggedLogprobs {
    const { tokenizer } = this.options;
    return {
      token: picked,
      logprob,
      get bytes() {
        return tokenizer.tokenBytes(picked);
      },
      get top() {
        return top.map(([token, value]) => ({ token, bytes: tokenizer.tokenBytes(token), logprob: value }));
      },
    };
  }
}
