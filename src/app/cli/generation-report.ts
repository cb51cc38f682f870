import type { GenerationEnd, GenerationHandle } from '../../core/engine.js';
import { wireResult } from '../../core/report.js';
import { textOf } from '../../core/text-of.js';
import { logprobsField } from '../../core/wire-logprobs.js';

/** What `generate --json` prints. */
export function generationObject(handle: GenerationHandle, end: GenerationEnd) {
  const { request, log } = handle;
  return {
    id: handle.id,
    mode: request.mode,
    model: handle.model,
    drafter: handle.drafter ?? null,
    seed: request.seed,
    numerics: end.result.speculation.numerics,
    prompt_token_ids: request.promptTokenIds,
    token_ids: log.tokens.map(({ token }) => token),
    ...logprobsField(handle),
    text: textOf(log.tokens),
    ...wireResult(end.result),
    ...(end.outcome === 'failed' ? { error: { code: end.error.code, message: end.error.message } } : {}),
  };
}

/** One line for people: how much, how fast, and what speculation did for it. */
export function summaryLine(end: GenerationEnd): string {
  const { finishReason, timings, speculation } = end.result;
  const { predictedTokens, predictedMs, promptMs } = timings;
  const parts = [`${count(predictedTokens, 'token')} (${finishReason})`];
  if (predictedTokens > 0) parts.push(`first after ${milliseconds(promptMs)}`);
  if (predictedTokens > 1 && predictedMs > 0)
    parts.push(`${(((predictedTokens - 1) / predictedMs) * 1000).toFixed(1)} tokens/s`);
  const { acceptance, rollbacks, targetForwards, drafterForwards, plan } = speculation;
  if (acceptance !== undefined) parts.push(`acceptance ${Math.round(acceptance * 100)} %`);
  if (plan.mode !== 'none') parts.push(count(rollbacks, 'rollback'));
  parts.push(
    `forwards ${targetForwards} target${drafterForwards > 0 ? ` + ${drafterForwards} drafter` : ''}`,
  );
  if (speculation.numerics === 'relaxed') parts.push('relaxed numerics');
  return `${parts.join(', ')}; plan ${planText(plan)}`;
}

function planText(plan: GenerationEnd['result']['speculation']['plan']): string {
  const words: string[] = [plan.mode];
  if (plan.mode !== 'none') words.push(`lookahead ${plan.lookahead}`);
  words.push(count(plan.targets, 'target'));
  if (plan.drafters > 1) words.push(`${plan.drafters} drafters in turn`);
  return `${words.join(', ')}${plan.reason === '' ? '' : `: ${plan.reason}`}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
