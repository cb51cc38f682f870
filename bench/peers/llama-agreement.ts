/**
 * Compares Slipstream with llama.cpp on SmolLM2 (or on the GGUF file given): `npx tsx bench/peers/llama-agreement.ts`.
 * Token ids of 1,000 texts must be equal. Next tokens, both teacher-forced along Slipstream's greedy text of 10
 * prompts x 64 tokens, must agree on 95 %: not on all, for llama.cpp rounds activations to 8 bits and Slipstream
 * does not. Prints JSON; exits with 1 when it is not so.
 */
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { processContext } from '../../infra/config/process-context.js';
import { openModelFolder } from '../../infra/models/model-folder.js';
import { importCheckpoint } from '../../infra/models/model-import.js';
import { loadOnnxModel } from '../../infra/onnx/loaded-model.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { greedyTokens } from '../../test/support/greedy-text.js';
import { smollm2Source } from '../lib/smollm2-source.js';
import { greedyNext, type LlamaModel, loadLlamaModel } from './llama-cpp.js';
import { sampleTexts } from './sample-texts.js';

const TEXTS = 1000;
const TOKENS = 64;
const LEAST_AGREEMENT = 0.95;

const plainPrompts = [
  'The capital of France is',
  'Once upon a time, in a small village by the sea,',
  'def fibonacci(n):\n    """Returns the n-th Fibonacci number."""\n',
  'The three laws of thermodynamics are:\n1.',
  'To bake bread, you need the following ingredients:',
];
const questions = [
  'What is the capital of France?',
  'Write a short poem about the sea.',
  'Explain how a bicycle stays upright.',
  'Write a JavaScript function that reverses a string.',
  'List five animals that live in the desert.',
];

const { cacheFolder } = processContext();
const source = process.argv[2] ?? (await smollm2Source());
const folder = openModelFolder('peer', (await importCheckpoint(source, { cacheFolder })).folder);
const tokenizer = folder.loadTokenizer();
const llama = await loadLlamaModel(source);

const differing = differingTexts(tokenizer, llama);
const prompts = [
  ...plainPrompts.map((text) => tokenizer.encode(text)),
  ...(tokenizer.encodeChat === undefined ? [] : questions).map(
    (content) => tokenizer.encodeChat?.([{ role: 'user', content }]) ?? [],
  ),
];
const agreements = await nextTokenAgreement(prompts);
const agreement = agreements.reduce((sum, share) => sum + share, 0) / agreements.length;
console.log(
  JSON.stringify({
    texts: TEXTS,
    differing: differing.slice(0, 5),
    prompts: prompts.length,
    agreements,
    agreement,
  }),
);
process.exit(differing.length === 0 && agreement >= LEAST_AGREEMENT ? 0 : 1);

function differingTexts(ours: Tokenizer, theirs: LlamaModel): string[] {
  return sampleTexts(TEXTS).filter((text) =>
    [false, true].some(
      (special) => ours.encode(text, { special }).join() !== theirs.tokenize(text, special).join(),
    ),
  );
}

/** By prompt: the share of tokens on which both say the same after the same path. */
async function nextTokenAgreement(encoded: readonly (readonly number[])[]): Promise<number[]> {
  const model = await loadOnnxModel({
    path: folder.modelPath,
    name: folder.name,
    tokenizerHash: tokenizer.hash,
    contextTokens: folder.config.contextTokens,
    vocabularySize: tokenizer.vocabularySize,
    threads: 1,
    slots: 1,
    scheduler: createRealScheduler(),
  });
  const shares: number[] = [];
  for (const prompt of encoded) {
    const ours = await greedyTokens(model, prompt, TOKENS);
    const theirs = await greedyNext(llama, [...prompt, ...ours.slice(0, -1)], TOKENS);
    shares.push(ours.filter((token, i) => token === theirs[i]).length / TOKENS);
  }
  await model.close();
  return shares;
}
