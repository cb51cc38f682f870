import type { ForwardResult, Sequence } from './model.js';

/** One pass, for who reads a sequence alone and has nothing to do meanwhile (see Sequence.forward). */
export function forward(sequence: Sequence, tokens: readonly number[], want: number): Promise<ForwardResult> {
  return new Promise((resolve, reject) => {
    sequence.forward(tokens, want, (error, result) => {
      if (result === undefined) reject(error ?? new Error('a pass gave nothing'));
      else resolve(result);
    });
  });
}
