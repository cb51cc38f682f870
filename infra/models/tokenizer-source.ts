import type { Tokenizer } from '../../src/core/tokenizer.js';
import { simTokenizer } from '../sim/words.js';
import { loadTokenizer } from './load-tokenizer.js';

/** Where a tokenizer comes from: enough for another thread to load the same. */
export type TokenizerSource =
  | { readonly kind: 'sim' }
  | { readonly kind: 'folder'; readonly folder: string; readonly vocabularySize: number };

/** Up to a second for a large vocabulary. Throws ModelFormatError. */
export function openTokenizer(source: TokenizerSource): Tokenizer {
  return source.kind === 'sim' ? simTokenizer : loadTokenizer(source.folder, source.vocabularySize);
}
