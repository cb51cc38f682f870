/**
 * What a run would have taken with free communication, on its own trace of right and refuted drafts and its own
 * measured pass times. `drafted[i]`: token i had been guessed when it was committed; the first token starts the clock.
 */
export interface RunTrace {
  readonly drafted: readonly boolean[];
  readonly targetMs: number;
  readonly drafterMs: number;
}

/** Plain decoding: one forward per token. */
export function idealPlainMs({ drafted, targetMs }: RunTrace): number {
  return (drafted.length - 1) * targetMs;
}

/** Speculative inference with k drafts a round: a round costs k * c + T and ends with the target's own token. */
export function idealRoundsMs({ drafted, targetMs, drafterMs }: RunTrace, lookahead: number): number {
  let rounds = 0;
  let inRound = 0;
  for (const right of drafted.slice(1)) {
    inRound++;
    if (right) continue;
    rounds++;
    inRound = 0;
  }
  if (inRound > 0) rounds++;
  return rounds * (lookahead * drafterMs + targetMs);
}

/** DSI with k = 1 and enough targets: a run of m right drafts up to a refutation takes T + m * c (algorithms: a*c + (1-a)*T). */
export function idealDistributedMs({ drafted, targetMs, drafterMs }: RunTrace): number {
  let total = 0;
  let right = 0;
  for (const wasDrafted of drafted.slice(1)) {
    if (wasDrafted) {
      right++;
      continue;
    }
    total += targetMs + right * drafterMs;
    right = 0;
  }
  return right > 0 ? total + targetMs + (right - 1) * drafterMs : total;
}
