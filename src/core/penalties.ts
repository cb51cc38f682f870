import type { SamplerParameters } from './sampler-parameters.js';

interface Count {
  total: number;
  output: number;
}

/** How often each token stands on a path, undone token by token when the path is cropped. */
export class TokenCounts {
  private readonly path: number[] = [];
  private readonly counts = new Map<number, Count>();

  /** Positions below `promptLength` are not output. */
  constructor(private readonly promptLength: number) {}

  push(token: number): void {
    const output = this.path.length >= this.promptLength ? 1 : 0;
    this.path.push(token);
    const count = this.counts.get(token);
    if (count === undefined) {
      this.counts.set(token, { total: 1, output });
    } else {
      count.total += 1;
      count.output += output;
    }
  }

  crop(length: number): void {
    while (this.path.length > length) {
      const token = this.path.pop() as number;
      const count = this.counts.get(token) as Count;
      count.total -= 1;
      if (this.path.length >= this.promptLength) count.output -= 1;
      if (count.total === 0) this.counts.delete(token);
    }
  }

  /**
   * Lowers the logits of tokens on the path, in place. The repetition penalty (Keskar et al., arXiv 1909.05858)
   * counts prompt and output, presence and frequency penalties (OpenAI) the output alone.
   */
  penalize(logits: Float32Array, parameters: SamplerParameters): void {
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = parameters;
    for (const [token, { output }] of this.counts) {
      let logit = logits[token] as number;
      logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      if (output > 0) logit -= presencePenalty + frequencyPenalty * output;
      logits[token] = logit;
    }
  }
}

/** Whether tokens must be counted at all. */
export function hasPenalties(parameters: SamplerParameters): boolean {
  return (
    parameters.repetitionPenalty !== 1 ||
    parameters.presencePenalty !== 0 ||
    parameters.frequencyPenalty !== 0
  );
}
