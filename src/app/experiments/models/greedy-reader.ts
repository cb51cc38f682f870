import { ContextLengthError } from '../../../core/errors.js';
import { forward } from '../../../core/forward.js';
import type { ForwardResult, LoadedModel, Sequence } from '../../../core/model.js';
import { neutralSampler } from '../../../core/sampler-parameters.js';

/** What a model says after a path, and what the passes over what was new of it took. */
export interface NextToken {
  /** Undefined: it has nothing to say. */
  readonly token: number | undefined;
  readonly ms: number;
}

/** Tokens beyond those asked for that a sequence has room for. */
const SPARE_TOKENS = 8;

/** One model reading one text, greedy. */
export class GreedyReader {
  private readonly sequence: Sequence;

  /** Throws ContextLengthError when not even the prompt and one token fit. */
  constructor(
    private readonly model: LoadedModel,
    promptTokens: number,
    maxTokens: number,
  ) {
    const { contextTokens } = model.info;
    if (promptTokens >= contextTokens) throw new ContextLengthError(promptTokens, contextTokens);
    this.sequence = model.openSequence({
      generation: 'experiment',
      seed: 0,
      sampler: { ...neutralSampler, promptLength: promptTokens },
      capacityTokens: Math.min(contextTokens, promptTokens + maxTokens + SPARE_TOKENS),
    });
  }

  async read(tokens: readonly number[]): Promise<NextToken> {
    const { maxChunkTokens } = this.model.info;
    let ms = 0;
    let last: ForwardResult | undefined;
    for (let at = 0; at < tokens.length; at += maxChunkTokens) {
      const chunk = tokens.slice(at, at + maxChunkTokens);
      last = await forward(this.sequence, chunk, at + maxChunkTokens >= tokens.length ? 1 : 0);
      ms += last.forwardMs;
    }
    return { token: last?.tokenIds[0], ms };
  }

  close(): void {
    this.sequence.close();
  }
}
