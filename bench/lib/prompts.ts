import { readFileSync } from 'node:fs';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { BUNDLED_PROMPTS, readPromptSets } from '../peers/prompt-sets.js';
import { PROMPTS } from './short-prompts.js';

/** Beginnings of paragraphs that the fable models have never seen, one a line. */
export const FABLE_PROMPTS = new URL('../../models/fable/prompts.txt', import.meta.url);

/** Lines of the file. Without one: held-out text for fable, for others a list of all kinds of text, then pairs of it. */
export function readPrompts(model: string, file?: string): readonly string[] {
  if (file === undefined && model !== 'fable')
    return [...PROMPTS, ...PROMPTS.flatMap((first) => PROMPTS.map((second) => `${first}\n${second}`))];
  return readFileSync(file ?? FABLE_PROMPTS, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** Chat, code and prose in turns, 8 of each, as token ids: no drafter was trained on them. */
export function readMixedPrompts(tokenizer: Tokenizer): (readonly number[])[] {
  const prose = readPrompts('fable');
  const sets = readPromptSets(BUNDLED_PROMPTS, 0, 8, tokenizer).map(({ ids }) => ids);
  return sets.flatMap((ids, index) =>
    index % 2 === 0 ? [ids] : [ids, tokenizer.encode(prose[(index - 1) / 2] ?? '')],
  );
}
