import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Tokenizer } from '../../src/core/tokenizer.js';

/** The few prompts beside this file; see PROVENANCE.md there. */
export const BUNDLED_PROMPTS = fileURLToPath(new URL('./prompts', import.meta.url));

export interface BenchPrompt {
  readonly set: 'mt_bench' | 'humaneval';
  readonly name: string;
  readonly ids: readonly number[];
}

const questionSchema = z.looseObject({ question_id: z.int(), turns: z.array(z.string()).min(1) });
const functionSchema = z.looseObject({ task_id: z.string(), prompt: z.string() });

/**
 * Prompts `from` to `from + count` of each set, sets in turns: the first turns of `mt_bench.jsonl` as chats, those of
 * `humaneval.jsonl` as plain text to go on from.
 */
export function readPromptSets(
  folder: string,
  from: number,
  count: number,
  tokenizer: Tokenizer,
): BenchPrompt[] {
  const chat = (content: string) => {
    if (tokenizer.encodeChat === undefined) throw new Error('the model has no chat template');
    return tokenizer.encodeChat([{ role: 'user', content }]);
  };
  const questions = readLines(join(folder, 'mt_bench.jsonl')).map((line): BenchPrompt => {
    const { question_id, turns } = questionSchema.parse(line);
    return { set: 'mt_bench', name: `mt_bench/${question_id}`, ids: chat(turns[0] as string) };
  });
  const functions = readLines(join(folder, 'humaneval.jsonl')).map((line): BenchPrompt => {
    const { task_id, prompt } = functionSchema.parse(line);
    return { set: 'humaneval', name: task_id, ids: tokenizer.encode(prompt.trimEnd()) };
  });
  const chosen = [questions, functions].map((set) => set.slice(from, from + count));
  return Array.from({ length: count }, (_, i) => chosen.flatMap((set) => set[i] ?? [])).flat();
}

function readLines(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
