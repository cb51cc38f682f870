import type { GenerationMode } from './generation.js';

/** One way to decode: constant pass times, drafts right independently of each other, messages that take no time. */
export interface SpeedSettings {
  readonly mode: GenerationMode;
  /** T, milliseconds, above 0. */
  readonly targetMs: number;
  /** c, milliseconds, 0 or more. */
  readonly drafterMs: number;
  /** a, 0..1. */
  readonly acceptance: number;
  /** k, at least 1: drafts per round (si), or new drafts per job (dsi). */
  readonly lookahead: number;
  /** SP, at least 1: of use to dsi alone. */
  readonly targets: number;
}

/** Expected milliseconds per token of a text without end; of dsi where SP targets keep up (`smallestLookahead`). */
export function closedFormMsPerToken(settings: SpeedSettings): number {
  switch (settings.mode) {
    case 'none':
      return settings.targetMs;
    case 'si':
      return roundsMsPerToken(settings);
    case 'dsi':
      return distributedMsPerToken(settings);
  }
}

/** The fewest drafts per job that SP targets keep up with (Eq. 1 of the DSI paper): ceil((T + 2l) / (k c)) <= SP. */
export function smallestLookahead(
  { targetMs, drafterMs, targets }: Pick<SpeedSettings, 'targetMs' | 'drafterMs' | 'targets'>,
  hopMs = 0,
): number {
  if (drafterMs === 0) return Number.POSITIVE_INFINITY;
  // Not one more for a quotient that is whole but for rounding.
  return Math.max(1, Math.ceil((targetMs + 2 * hopMs) / (drafterMs * targets) - 1e-9));
}

/** The lookahead within bounds that makes for the least time per token, and that time; of equals the smallest. */
export function bestLookahead(
  settings: Omit<SpeedSettings, 'lookahead'>,
  { least, most }: { readonly least: number; readonly most: number },
  msPerToken: (settings: SpeedSettings) => number = closedFormMsPerToken,
): { readonly lookahead: number; readonly ms: number } {
  let best = { lookahead: least, ms: Number.POSITIVE_INFINITY };
  for (let lookahead = least; lookahead <= most; lookahead++) {
    const ms = msPerToken({ ...settings, lookahead });
    if (ms < best.ms) best = { lookahead, ms };
  }
  return best;
}

/** Speculative inference (Leviathan et al., arXiv 2211.17192): a round of k c + T brings 1 + a + ... + a^k tokens. */
function roundsMsPerToken({ targetMs, drafterMs, acceptance, lookahead }: SpeedSettings): number {
  return (lookahead * drafterMs + targetMs) / powerSum(acceptance, lookahead + 1);
}

/**
 * DSI: a refutation after m right drafts comes T after the start of the job that decides it, and jobs start k c apart:
 * (1 - a)(T + k c a / (1 - a^k)). Never less than SP targets with k drafts each can decide.
 */
function distributedMsPerToken(settings: SpeedSettings): number {
  const { targetMs, drafterMs, acceptance, lookahead, targets } = settings;
  const spacedMs = (lookahead * drafterMs * acceptance) / powerSum(acceptance, lookahead);
  return Math.max((1 - acceptance) * targetMs + spacedMs, targetMs / (targets * lookahead));
}

/** 1 + a + ... + a^(terms - 1). */
export function powerSum(a: number, terms: number): number {
  return a === 1 ? terms : (1 - a ** terms) / (1 - a);
}
