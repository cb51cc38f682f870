import type { Engine, GenerationRequest, GenerationResult } from '../../src/index.js';

export interface Run {
  readonly ids: readonly number[];
  readonly text: string;
  readonly result: GenerationResult;
  readonly accepted: number;
  /** First wrong drafts; what was drafted after them is not counted. */
  readonly refuted: number;
}

/** One generation from its first token to its last; rejects when it fails. */
export async function run(engine: Engine, request: GenerationRequest): Promise<Run> {
  const generation = await engine.generate(request);
  const ids: number[] = [];
  let text = '';
  for await (const token of generation) {
    ids.push(token.token);
    text += token.text;
  }
  const result = await generation.result;
  const { draftTokens, draftTokensAccepted } = result.timings;
  return { ids, text, result, accepted: draftTokensAccepted, refuted: draftTokens - draftTokensAccepted };
}
