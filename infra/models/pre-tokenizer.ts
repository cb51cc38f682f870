import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import type { TokenizerJson } from './tokenizer-json.js';

/** GPT-2's split; what it leaves out is white space, a piece of its own. */
export const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Cuts text into pieces that no token crosses, written in the byte alphabet. */
export type PreTokenizer = (text: string) => string[];

type Step = Exclude<TokenizerJson['pre_tokenizer'], { type: 'Sequence' }> | SequenceStep;
type SequenceStep = Extract<TokenizerJson['pre_tokenizer'], { type: 'Sequence' }>['pretokenizers'][number];

export function createPreTokenizer(json: Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer'>): PreTokenizer {
  const steps =
    json.pre_tokenizer.type === 'Sequence' ? json.pre_tokenizer.pretokenizers : [json.pre_tokenizer];
  const { normalizer, pre_tokenizer: split } = new LibraryTokenizer(
    {
      added_tokens: [],
      normalizer: json.normalizer ?? null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: steps.flatMap(withUnicodeClasses) },
      model: { type: 'BPE', vocab: {}, merges: [] },
      post_processor: null,
      decoder: null,
    },
    {},
  );
  return (text) => {
    const normalised = normalizer === null ? text : normalizer.normalize(text);
    return split === null || normalised === '' ? [] : split.pre_tokenize(normalised);
  };
}

/**
 * The library's own digits are ASCII only and its GPT-2 split takes JavaScript's white space (with U+FEFF, without
 * U+0085); written as Split steps both follow Unicode, as the reference implementation does.
 */
function withUnicodeClasses(step: Step): object[] {
  const isolate = (pattern: string): object => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  });
  switch (step.type) {
    case 'Digits':
      return [isolate(step.individual_digits ? '\\p{N}' : '\\p{N}+')];
    case 'ByteLevel': {
      const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
      return step.use_regex ? [isolate(GPT2_PATTERN), bytes] : [bytes];
    }
    case 'Split':
      return [step];
  }
}
