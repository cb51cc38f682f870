import type { GenerationMode } from '../generation.js';

/** Tokens after which a mode that was slower is tried again; twice as many each time in a row that it is. */
const FIRST_RETRY_TOKENS = 96;
const LAST_RETRY_TOKENS = 3072;

interface Pace {
  /** In texts as they come. */
  msPerToken: number;
  /** Since its last window, in any mode. */
  tokensAgo: number;
  retryTokens: number;
}

/** What a gateway has measured of each mode, from one generation to the next. */
export class PaceBook {
  private readonly paces = new Map<GenerationMode, Pace>();

  /** Milliseconds per token in texts as they come; undefined: never tried. */
  paceOf(mode: GenerationMode): number | undefined {
    return this.paces.get(mode)?.msPerToken;
  }

  /** Whether a mode that is not the fastest is to be tried again. */
  isDue(mode: GenerationMode): boolean {
    const pace = this.paces.get(mode);
    return pace === undefined || pace.tokensAgo >= pace.retryTokens;
  }

  /** A window of `tokens` was measured: texts as they come are expected to take so long from now on. */
  note(mode: GenerationMode, tokens: number, msPerToken: number, isSlower: boolean): void {
    for (const pace of this.paces.values()) pace.tokensAgo += tokens;
    const pace = this.paces.get(mode);
    if (pace === undefined) {
      this.paces.set(mode, { msPerToken, tokensAgo: 0, retryTokens: FIRST_RETRY_TOKENS });
      return;
    }
    pace.msPerToken = msPerToken;
    pace.tokensAgo = 0;
    pace.retryTokens = isSlower ? Math.min(LAST_RETRY_TOKENS, 2 * pace.retryTokens) : FIRST_RETRY_TOKENS;
  }

  /** Tokens that are drafted take so many times what they took. */
  scaleDrafted(factor: number): void {
    for (const [mode, pace] of this.paces) if (mode !== 'none') pace.msPerToken *= factor;
  }
}
