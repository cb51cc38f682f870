import { GENERATION_MODES, type GenerationMode } from '../generation.js';

/** Tokens after which a mode that was slower is tried again; twice as many each time in a row that it is. */
const FIRST_RETRY_TOKENS = 96;
const LAST_RETRY_TOKENS = 3072;
/** What a window counts against those before it. */
const NEWS = 0.5;

interface Pace {
  msPerToken: number;
  /** Since its last window, in any mode. */
  tokensAgo: number;
  retryTokens: number;
}

/**
 * How fast each mode really is where workers share a machine: a drafter that runs slows the targets beside it down, by
 * how much no model says. Each mode is measured for a window of tokens, then the fastest one goes on, and the others
 * are tried again ever more seldom.
 */
export class PaceBook {
  private readonly paces = new Map<GenerationMode, Pace>();

  /** The mode to decode the next window in. */
  next(): GenerationMode {
    const unknown = [...GENERATION_MODES].reverse().find((mode) => !this.paces.has(mode));
    if (unknown !== undefined) return unknown;
    const fastest = this.fastest();
    for (const [mode, { tokensAgo, retryTokens }] of this.paces)
      if (mode !== fastest && tokensAgo >= retryTokens) return mode;
    return fastest;
  }

  /** A window of `tokens` took `ms`. */
  note(mode: GenerationMode, tokens: number, ms: number): void {
    for (const pace of this.paces.values()) pace.tokensAgo += tokens;
    const measured = ms / tokens;
    const pace = this.paces.get(mode);
    if (pace === undefined) {
      this.paces.set(mode, { msPerToken: measured, tokensAgo: 0, retryTokens: FIRST_RETRY_TOKENS });
      return;
    }
    pace.msPerToken += NEWS * (measured - pace.msPerToken);
    pace.tokensAgo = 0;
    const isSlower = mode !== this.fastest();
    pace.retryTokens = isSlower ? Math.min(LAST_RETRY_TOKENS, 2 * pace.retryTokens) : FIRST_RETRY_TOKENS;
  }

  /** In words; undefined before every mode was measured. */
  get summary(): string | undefined {
    if (this.paces.size < GENERATION_MODES.length) return undefined;
    const parts = GENERATION_MODES.map(
      (mode) => `${mode} ${(this.paces.get(mode)?.msPerToken ?? 0).toFixed(1)}`,
    );
    return `measured ${parts.join(', ')} ms per token`;
  }

  private fastest(): GenerationMode {
    let best: GenerationMode = 'none';
    for (const [mode, { msPerToken }] of this.paces)
      if (msPerToken < (this.paces.get(best)?.msPerToken ?? Number.POSITIVE_INFINITY)) best = mode;
    return best;
  }
}
