/**
 * What a run would have taken with free communication, on its own trace of right and refuted drafts and its own
 * measured pass times. The clock starts at the commit of the first token, which is one that nobody had guessed
 * (`cleanStart`), and stops at the commit of the last, beyond which nothing is drafted. `drafted[i]`: token i had been
 * guessed when it was committed.
 */
export interface RunTrace {
  readonly drafted: readonly boolean[];
  /** T, milliseconds. */
  readonly targetMs: number;
  /** c, milliseconds. */
  readonly drafterMs: number;
}

/**
 * The first token that nobody had guessed: right after its commit no draft is outstanding. What came before depends on
 * who had ingested the prompt when. The last token when every one was guessed.
 */
export function cleanStart(drafted: readonly boolean[]): number {
  const start = drafted.indexOf(false);
  return start < 0 ? Math.max(0, drafted.length - 1) : start;
}

/** Plain decoding: one forward per token. */
export function idealPlainMs({ drafted, targetMs }: RunTrace): number {
  return (drafted.length - 1) * targetMs;
}

/**
 * Speculative inference with k drafts a round: a round costs k c + T and ends with the target's own token.
 * `refutedMs` is added for each round in which a draft was refuted.
 */
export function idealRoundsMs(
  { drafted, targetMs, drafterMs }: RunTrace,
  lookahead: number,
  refutedMs = 0,
): number {
  let total = 0;
  for (let at = 0; at < drafted.length - 1; ) {
    const remaining = drafted.length - 1 - at;
    const drafts = Math.min(lookahead, remaining - 1);
    const right = Math.min(rightAfter(drafted, at), drafts);
    total += drafts * drafterMs + targetMs + (right < drafts ? refutedMs : 0);
    at += right + 1;
  }
  return total;
}

/**
 * DSI with lookahead k and SP targets: an idle target takes everything that nobody has taken, as soon as that is the
 * root or k drafts or all there will be. With enough targets and k = 1, m right drafts up to a refutation take T + m c.
 */
export function idealDistributedMs(
  { drafted, targetMs, drafterMs }: RunTrace,
  { lookahead, targets }: { readonly lookahead: number; readonly targets: number },
): number {
  const freeAtMs = new Array<number>(targets).fill(0);
  let now = 0;
  for (let at = 0; at < drafted.length - 1; ) {
    const remaining = drafted.length - 1 - at;
    const decisive = Math.min(rightAfter(drafted, at), remaining - 1);
    let taken = 0;
    let endMs = Number.POSITIVE_INFINITY;
    // Those that start before the end are wasted from here on, but keep their targets all the same.
    for (let startMs = now; ; ) {
      const target = freeAtMs.indexOf(Math.min(...freeAtMs));
      const awaited = taken === 0 ? 0 : Math.min(taken + lookahead - 1, remaining - 1);
      startMs = Math.max(freeAtMs[target] ?? 0, now + awaited * drafterMs);
      if (startMs >= endMs || taken >= remaining) break;
      freeAtMs[target] = startMs + targetMs;
      taken = 1 + Math.min(remaining - 1, draftsBy(startMs - now, drafterMs));
      if (taken > decisive && endMs === Number.POSITIVE_INFINITY) endMs = startMs + targetMs;
    }
    now = endMs;
    at += decisive + 1;
  }
  return now;
}

/** Drafts made within `ms`; not one less for a quotient that is whole but for rounding. */
function draftsBy(ms: number, drafterMs: number): number {
  return drafterMs === 0 ? Number.POSITIVE_INFINITY : Math.floor(ms / drafterMs + 1e-9);
}

/** Tokens in a row after `at` that had been guessed. */
function rightAfter(drafted: readonly boolean[], at: number): number {
  let count = 0;
  while (drafted[at + 1 + count]) count++;
  return count;
}
