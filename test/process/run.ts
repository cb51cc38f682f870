import type { Engine, GenerationRequest, GenerationResult, LoggedToken } from '../../src/index.js';

export interface Run {
  readonly ids: readonly number[];
  readonly text: string;
  /** One per token, of a request that asks for them. */
  readonly logprobs: readonly LoggedToken['logprobs'][];
  readonly result: GenerationResult;
  readonly accepted: number;
  /** First wrong drafts; what was drafted after them is not counted. */
  readonly refuted: number;
}

/** One generation from its first token to its last; rejects when it fails. */
export async function run(engine: Engine, request: GenerationRequest): Promise<Run> {
  const generation = await engine.generate(request);
  const ids: number[] = [];
  const logprobs: LoggedToken['logprobs'][] = [];
  let text = '';
  for await (const token of generation) {
    ids.push(token.token);
    logprobs.push(token.logprobs);
    text += token.text;
  }
  const result = await generation.result;
  const { draftTokens, draftTokensAccepted } = result.timings;
  const [accepted, refuted] = [draftTokensAccepted, draftTokens - draftTokensAccepted];
  return { ids, text, logprobs, result, accepted, refuted };
}
