import type { GenerationHandle } from '../../src/core/engine.js';
import type { GenerationMeters } from './generation-meters.js';

/** Counts the tokens of a generation as they come, and what it took since `beganAtMs` when it has ended. */
export function followGeneration(
  handle: GenerationHandle,
  meters: GenerationMeters,
  beganAtMs: number,
  now: () => number,
): void {
  const { log } = handle;
  let counted = 0;
  let lastAtMs = beganAtMs;
  const stop = log.watch(look);
  look();

  function look(): void {
    for (; counted < log.tokens.length; counted++) {
      const atMs = log.tokens[counted]?.atMs ?? lastAtMs;
      const observe = counted === 0 ? meters.firstToken : meters.betweenTokens;
      observe((atMs - lastAtMs) / 1000);
      meters.tokens();
      lastAtMs = atMs;
    }
    if (log.end === undefined) return;
    stop();
    countEnd(handle, meters, now() - beganAtMs);
  }
}

function countEnd(
  { log, drafter = 'none' }: GenerationHandle,
  meters: GenerationMeters,
  tookMs: number,
): void {
  const { end } = log;
  if (end === undefined) return;
  const { finishReason, timings, speculation } = end.result;
  if (end.outcome === 'failed') meters.failed(1, { code: end.error.code });
  else meters.ended(1, { finished_reason: finishReason });
  meters.request(tookMs / 1000);
  meters.promptTokens(timings.promptTokens);
  const labels = { drafter };
  meters.verifications(speculation.targetForwards, labels);
  meters.drafts(timings.draftTokens, labels);
  meters.accepted(timings.draftTokensAccepted, labels);
  meters.rollbacks(speculation.rollbacks, labels);
  meters.wasted(speculation.wastedDrafts, labels);
}
