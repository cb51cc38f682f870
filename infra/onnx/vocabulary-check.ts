import { ModelFormatError } from '../../src/core/errors.js';
import type { DecoderGraphInfo } from './decoder-graph-info.js';

/**
 * Throws ModelFormatError for a graph that cannot read or write every one of `tokens` ids; what it does not say is not
 * checked. More rows than ids are fine: they pad a matrix.
 */
export function checkVocabulary(
  { embeddingRows, vocabularySize }: Pick<DecoderGraphInfo, 'embeddingRows' | 'vocabularySize'>,
  tokens: number,
  where: string,
): void {
  const refuse = (what: string) => {
    throw new ModelFormatError(
      where,
      `${what}, but its vocabulary has ${tokens} tokens (vocab_size of config.json)`,
    );
  };
  if (embeddingRows !== undefined && embeddingRows < tokens)
    refuse(`its embedding has ${embeddingRows} rows`);
  if (vocabularySize !== undefined && vocabularySize < tokens) refuse(`it returns ${vocabularySize} logits`);
}
