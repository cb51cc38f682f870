import { readFileSync } from 'node:fs';
import { PROMPTS } from '../../test/models/prompts.js';

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
