import { rootPathHash } from '../../src/core/path-hash.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

const VOCABULARY = (
  'the a one this every some old young small great quiet bright dark warm cold early late first last long ' +
  'river house garden road window morning evening winter summer letter bird horse child mother father friend ' +
  'stranger teacher sailor king voice hand door table lamp fire stone tree hill sea ship town story song dream ' +
  'walked looked spoke waited turned carried found lost opened closed followed remembered answered asked began ' +
  'stayed left came went knew saw heard kept gave took made held and but so while because until before after ' +
  'under over beside behind through across into from with without near again once always never slowly softly ' +
  'quickly together alone there here home away'
).split(' ');

/** Words of simulated models, so that their text is readable. Ids 0..V-1 are words with a leading space. */
export const SIM_WORDS: readonly string[] = VOCABULARY;

const encoder = new TextEncoder();

/** One token a word; a word it does not know becomes a known one by hash, so that any prompt can be given. */
export const simTokenizer: Tokenizer = {
  vocabularySize: SIM_WORDS.length,
  hash: 'sim-words-1',
  endTokenIds: [],
  specialTokenIds: new Set<number>(),
  encode: (text) => text.split(/\s+/).filter(Boolean).map(wordId),
  encodeChat: (messages) =>
    messages.flatMap((message) => message.content.split(/\s+/).filter(Boolean).map(wordId)),
  tokenBytes: (id) => encoder.encode(` ${SIM_WORDS[id] ?? ''}`),
  tokenName: (id) => SIM_WORDS[id],
};

function wordId(word: string): number {
  const known = SIM_WORDS.indexOf(word.toLowerCase());
  return known >= 0 ? known : Number.parseInt(rootPathHash(word).slice(0, 8), 16) % SIM_WORDS.length;
}
