import type { DecoderCheckpoint } from '../../../src/core/checkpoint.js';
import { passLogits } from '../../support/pass-logits.js';
import { referenceLogits } from '../../support/tiny-reference.js';

/** How far a model's logits are from what its weights define, over passes of several tokens. */
export interface ImportError {
  /** The largest difference, relative to the largest logit. */
  readonly largest: number;
  /** The root mean square difference, relative to that of the logits. */
  readonly rootMeanSquare: number;
}

export async function importError(modelFolder: string, checkpoint: DecoderCheckpoint): Promise<ImportError> {
  const tokens = Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % checkpoint.config.vocabularySize);
  const logits = await passLogits(modelFolder, tokens);
  const expected = referenceLogits(checkpoint, tokens);
  const differences = expected.flatMap((row, i) => row.map((value, id) => value - (logits[i]?.[id] ?? 0)));
  return {
    largest: Math.max(...differences.map(Math.abs)) / Math.max(...expected.flat().map(Math.abs)),
    rootMeanSquare: Math.sqrt(sumOfSquares(differences) / sumOfSquares(expected.flat())),
  };
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
