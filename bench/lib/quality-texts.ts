import { readFileSync } from 'node:fs';
import type { Decoder } from '../../infra/onnx/decoder.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

/** Files of held-out text; their formats are those of HumanEval, MT-Bench and plain text. */
export interface QualitySources {
  /** JSON lines with `prompt` and `canonical_solution`. */
  readonly code: string;
  /** JSON lines with `turns`; answered by the model itself. */
  readonly chat: string;
  /** Text, a paragraph a line; its end is used. */
  readonly prose: string;
}

/** Of each text; of each answer. */
const TEXT_TOKENS = 200;
const ANSWER_TOKENS = 120;

/** `perKind` texts of each kind as token ids, chats answered greedily by `reference`. */
export async function qualityTexts(
  sources: QualitySources,
  perKind: number,
  tokenizer: Tokenizer,
  reference: Decoder,
): Promise<Record<keyof QualitySources, number[][]>> {
  const code = jsonLines(sources.code)
    .slice(-perKind)
    .map(({ prompt, canonical_solution }) => tokenizer.encode(`${prompt}${canonical_solution}`));
  const prose = tokenizer.encode(readFileSync(sources.prose, 'utf8').slice(-perKind * TEXT_TOKENS * 8));
  const chat: number[][] = [];
  for (const { turns } of every(jsonLines(sources.chat), perKind)) {
    const content = String((turns as unknown[])[0]);
    const prompt = tokenizer.encodeChat?.([{ role: 'user', content }]) ?? tokenizer.encode(content);
    chat.push(await answer(reference, prompt.slice(-TEXT_TOKENS), new Set(tokenizer.endTokenIds)));
  }
  return {
    code: code.map((ids) => ids.slice(0, TEXT_TOKENS)),
    chat,
    prose: Array.from({ length: perKind }, (_, i) => prose.slice(i * TEXT_TOKENS, (i + 1) * TEXT_TOKENS)),
  };
}

/** The prompt and the model's own greedy answer. */
async function answer(decoder: Decoder, prompt: readonly number[], ends: ReadonlySet<number>) {
  const store = decoder.openStore();
  const ids = [...prompt];
  let past = 0;
  while (ids.length < prompt.length + ANSWER_TOKENS) {
    const [logits] = await decoder.pass(store, ids.slice(past), past, 1, 2);
    past = ids.length;
    const next = logits?.reduce((best, value, id) => (value > (logits[best] as number) ? id : best), 0) ?? 0;
    ids.push(next);
    if (ends.has(next)) break;
  }
  store.release();
  return ids;
}

function jsonLines(path: string): Record<string, unknown>[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** `count` of a list, spread over all of it. */
function every<Value>(list: readonly Value[], count: number): Value[] {
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)] as Value);
}
